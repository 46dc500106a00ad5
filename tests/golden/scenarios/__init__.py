"""The scenarios, by name: each module registers its own."""

from tests.golden.recorder import SCENARIOS
from tests.golden.scenarios import (
    busy,
    changes,
    commands,
    google,
    no_room,
    plans,
    platforms,
    shipped,
    wishes,
    wrong,
)

__all__ = [
    "SCENARIOS",
    "busy",
    "changes",
    "commands",
    "google",
    "no_room",
    "plans",
    "platforms",
    "shipped",
    "wishes",
    "wrong",
]
