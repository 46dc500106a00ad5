"""A year of random runners, as a program: `python -m tests.year --help`."""
