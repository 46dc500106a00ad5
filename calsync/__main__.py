"""The start of the `calsync` command.

`--version` is answered before anything else is imported, so that it is as fast as can be.
"""

import sys

from calsync import __version__


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"calsync {__version__}\n")
        return
    from calsync.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
