"""What can befall a request on its way: an answer that is an error, one that is cut off, none at all."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

How = Literal["answer", "drop", "cut off", "hold", "part"]


@dataclass
class Fault:
    """Meets the requests with one of `methods` (all, if there are none), after the first `skip` of them.

    `how`: instead of the server's answer comes `status` with `headers`; or the connection ends without one,
    or in the middle of one; or nothing comes until the client hangs up; or a multistatus says `status` of its
    last part. `commits`: the server has done before what it was asked for.
    """

    how: How = "answer"
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    commits: bool = False
    methods: tuple[str, ...] = ()
    skip: int = 0
    times: int | None = 1

    def meets(self, method: str) -> bool:
        """Whether it is this one's turn; counts."""
        if self.methods and method not in self.methods:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class Faults:
    """Those that wait for a request; each request meets one at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting += faults

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def meeting(self, method: str) -> Fault | None:
        with self._lock:
            return next((one for one in self._waiting if one.meets(method)), None)


def slow_down(status: int = 429, after: int = 0) -> Fault:
    return Fault(status=status, headers={"Retry-After": str(after)})
