"""Bodies that reach new code, by atheris (libFuzzer), if it is installed: pip install atheris.

It is no requirement of the tests: there are wheels for some systems and versions of Python only.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def is_there() -> bool:
    return importlib.util.find_spec("atheris") is not None


class Corpus:
    """A folder of bodies that atheris makes more of, for some seconds at a time."""

    def __init__(self, folder: Path, seeds: list[bytes]) -> None:
        self._bodies, self._suspects = folder / "bodies", folder / "suspects"
        for made in (self._bodies, self._suspects):
            made.mkdir()
        for number, body in enumerate(seeds):
            (self._bodies / f"seed-{number}").write_bytes(body)
        self._seen = {file.name for file in self._bodies.iterdir()}

    def grow(self, seconds: int, seed: int) -> list[bytes]:
        """The new bodies; first what atheris gave up on."""
        command = (sys.executable, "-m", "tests.fuzz.coverage", str(self._bodies), str(self._suspects))
        subprocess.run(
            [*command, f"-max_total_time={seconds}", f"-seed={seed % 2**31 + 1}"],
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        suspects = [(file, file.read_bytes()) for file in self._suspects.iterdir()]
        for file, _ in suspects:
            file.unlink()
        new = sorted(file for file in self._bodies.iterdir() if file.name not in self._seen)
        self._seen.update(file.name for file in new)
        return [*(body for _, body in suspects), *(file.read_bytes() for file in new)]


def main() -> None:
    import atheris

    bodies, suspects, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["calsync.feeds"]):
        from tests.fuzz.promises import check

    def read(data: bytes) -> None:
        try:
            check(data, ways=0)
        except Exception:  # noqa: BLE001  (the worker is the judge, and others read on)
            (Path(suspects) / f"{hash(data):x}").write_bytes(data)

    atheris.Setup(
        [
            sys.argv[0],
            bodies,
            f"-artifact_prefix={suspects}/",
            "-max_len=4000",
            "-timeout=30",
            "-rss_limit_mb=1500",
            *options,
        ],
        read,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
