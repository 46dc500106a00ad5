"""How long whole commands take, each in a process of its own."""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def beside_python(name: str) -> str:
    """A console script of the environment that runs this."""
    return str(Path(sys.executable).parent / name)


def medians(
    commands: Mapping[str, Sequence[str]], *, rounds: int, environment: Mapping[str, str], folder: Path
) -> dict[str, float]:
    """Median seconds of each command. The commands take turns, so that a slow moment hits them all."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(
                command,
                check=True,
                env=environment,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
            )
            times[name].append(time.perf_counter() - start)
    # The first round warms the caches of the file system, and counts for nobody.
    return {name: statistics.median(values[1:]) for name, values in times.items()}
