"""Looks for calendars that are read wrong, too slowly or with too much memory: python -m tests.fuzz."""
