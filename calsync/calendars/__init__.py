"""Calendars that calsync writes to: a module or a folder for each kind."""
