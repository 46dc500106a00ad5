"""The way of a request through the server: log, hooks, faults, and in the middle what carries it out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from tests.googleserver import api, batch, oauth
from tests.googleserver.consent import ConsentPage
from tests.googleserver.errors import Problem, unauthorised
from tests.googleserver.exchange import Answer, CutOff, Drop, Hold, Logged, Request
from tests.googleserver.faults import Faults, Grant, Lose, Refuse, Stale, Where
from tests.googleserver.store import Store
from tests.googleserver.tokens import Tokens

BATCH_PATH = "/batch/calendar/v3"

Phase = Literal["before", "part", "after"]
Hook = Callable[[Logged, Phase], object]
Run = Callable[[Stale | Grant | None], Answer]


class Traffic:
    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens
        self.page = ConsentPage(tokens)
        self.faults = Faults()
        self.hooks: list[Hook] = []
        self.log: list[Logged] = []
        self.quota_used = 0
        self.failures: list[Exception] = []

    def respond(self, request: Request) -> Answer:
        logged = Logged.of(request)
        self.log.append(logged)
        try:
            match request.path:
                case "/auth":
                    return self._last("auth", request, logged, lambda _: self._consent(request))
                case "/token":
                    return self._last("token", request, logged, lambda effect: self._token(request, effect))
                case "/revoke":
                    return self._last("token", request, logged, lambda _: self._revoke(request))
                case path if path == BATCH_PATH:
                    return self._hooked("batch", request, logged, lambda _: self._batch(request, logged))
                case _:
                    self._count(request)
                    return self._hooked("api", request, logged, lambda effect: self._call(request, effect))
        except Exception as failure:  # noqa: BLE001 (a test must see it, and in this thread nobody would)
            self.failures.append(failure)
            return Answer.json({"error": {"code": 500, "message": f"test server: {failure!r}"}}, 500)

    def _last(self, where: Where, request: Request, logged: Logged, run: Run) -> Answer:
        """The last request on its connection.

        Google's libraries let go of the connection on which they fetched a token, and don't close it. If the
        server ends it first, no test is warned of an open socket.
        """
        answer = self._faulty(where, request, logged, run)
        return replace(answer, headers={**answer.headers, "Connection": "close"})

    def _hooked(self, where: Where, request: Request, logged: Logged, run: Run) -> Answer:
        for hook in self.hooks:
            hook(logged, "before")
        answer = self._faulty(where, request, logged, run)
        for hook in self.hooks:
            hook(logged, "after")
        return answer

    def _faulty(self, where: Where, request: Request, logged: Logged, run: Run) -> Answer:
        """Carries a request out, unless a fault that is set up comes between."""
        match self.faults.take(where, request.method, request.path):
            case Refuse(answer=answer, commits=commits):
                if commits:
                    run(None)
            case Lose(delivery=delivery, commits=False):
                return Answer(503, delivery=delivery)  # never sent, and no status for the log
            case Lose(delivery=delivery):
                answer = replace(run(None), delivery=delivery)
            case effect:
                answer = run(effect)
        logged.status = answer.status
        return answer

    def _consent(self, request: Request) -> Answer:
        with self._store.lock:
            return self.page.answer(request)

    def _token(self, request: Request, effect: Stale | Grant | None) -> Answer:
        with self._store.lock:
            return oauth.exchange(self._tokens, request, effect if isinstance(effect, Grant) else None)

    def _revoke(self, request: Request) -> Answer:
        with self._store.lock:
            return oauth.revoke(self._tokens, request)

    def _count(self, request: Request) -> None:
        with self._store.lock:
            self.quota_used += api.UNITS.get(request.method, 1)

    def _call(self, request: Request, effect: Stale | Grant | None) -> Answer:
        stale = effect if isinstance(effect, Stale) else None
        return api.call(self._store, request, self._tokens.of, stale)

    def _batch(self, request: Request, logged: Logged) -> Answer:
        switches = self._store.switches
        try:
            outer_token = self._tokens.of(request.headers.get("authorization", ""))
            if switches.batch_checks_outer and outer_token is None:
                raise unauthorised()
            parts = batch.parse(request, switches.batch_cap)
        except Problem as problem:
            return problem.answer
        if switches.batch_order == "shuffled":
            parts = batch.shuffled(parts)
        answers: list[tuple[batch.Part, Answer]] = []
        fate: CutOff | Hold | None = None
        for part in parts:
            answer = self._part(part, logged)
            match answer.delivery:
                case Drop():  # the whole batch ends here
                    return answer
                case CutOff() | Hold() as of_part:
                    fate = of_part
            answers.append((part, answer))
        whole = batch.answer(answers)
        return whole if fate is None else replace(whole, delivery=fate)

    def _part(self, part: batch.Part, outer: Logged) -> Answer:
        one = Logged.of(part.request)
        outer.parts += (one,)
        self._count(part.request)
        answer = self._faulty("part", part.request, one, lambda effect: self._call(part.request, effect))
        for hook in self.hooks:
            hook(one, "part")
        return answer
