"""The command line: a thin module for each command. Gather, decide, apply, render."""
