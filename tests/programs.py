"""Programs that tests need beyond what pip installs.

Where one is missing its tests are skipped with a message that says what to install; where the environment
variable CI is set they fail instead, so that no run is green that has tried nothing.
"""

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str, remedy: str) -> NoReturn:
    message = f"{what} is not there; {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def need_program(name: str, remedy: str) -> str:
    """Where the program is."""
    found = shutil.which(name)
    return found or missing(name, remedy)
