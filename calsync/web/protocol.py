"""HTTP over one connection, for clients that may be slow but not for ever.

Decides how long the head of a request may take. uvicorn waits for it without end, so that whoever opens
connections and says nothing would use up what the machine allows, without knowing any secret.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS_FOR_A_HEAD = 15.0


class HttpProtocol(H11Protocol):
    """uvicorn's, with a limit for the time until a head is whole."""

    seconds_for_a_head = SECONDS_FOR_A_HEAD
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_watch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Between requests uvicorn has a limit of its own, which ends with the first byte of the next."""
        if self.conn.their_state is not h11.IDLE:
            self._end_watch()
        elif self._limit is None:
            self._limit = self.loop.call_later(self.seconds_for_a_head, self._give_up)

    def _end_watch(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        self._limit = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
