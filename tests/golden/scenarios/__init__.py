"""The scenarios, by name: each module registers its own."""

from tests.golden.recorder import SCENARIOS
from tests.golden.scenarios import (
    busy,
    changes,
    commands,
    doctor,
    generated,
    google,
    google_access,
    no_room,
    plans,
    platforms,
    rules,
    serving,
    shipped,
    wishes,
    wrong,
)

__all__ = [
    "SCENARIOS",
    "busy",
    "changes",
    "commands",
    "doctor",
    "generated",
    "google",
    "google_access",
    "no_room",
    "plans",
    "platforms",
    "rules",
    "serving",
    "shipped",
    "wishes",
    "wrong",
]
