"""What a process of its own would do anew for each command, and gives the same each time.

A year of pushes in one process reads and writes the same events again and again, and the same templates. With
this an event's bytes are parsed once, and written once; nothing that is decided is remembered.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from calsync.calendars import ics
from calsync.config import templates, toml

# Pure functions of values that nothing changes.
_OFTEN: tuple[tuple[Any, str, int], ...] = (
    (ics, "parse_event", 4096),
    (ics, "event_bytes", 4096),
    (ics, "vtimezone", 16),
    (templates, "load_routine", 64),
    (toml, "_fields", 256),
)


@contextmanager
def remembering() -> Iterator[None]:
    before = [(module, name, getattr(module, name)) for module, name, _ in _OFTEN]
    for module, name, size in _OFTEN:
        setattr(module, name, lru_cache(size)(getattr(module, name)))
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()
        for module, name, function in before:
            setattr(module, name, function)
