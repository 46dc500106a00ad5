"""httpx without its command line, for which it would import click, rich and pygments: 0.14 of its 0.22 s."""

import sys

# An import that fails: httpx is ready for that, as these three are extras of its own.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx as httpx  # noqa: E402
