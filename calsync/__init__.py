"""calsync places strength sessions around a runner's training and keeps calendars up to date.

Gather, decide, apply: see docs/architecture.md.
"""

# A constant, because asking importlib.metadata for it costs 50 ms at every start.
__version__ = "0.1.0"
