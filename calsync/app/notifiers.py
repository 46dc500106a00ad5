"""How a notification reaches people: an ntfy topic, a webhook, or whatever Apprise knows.

Each is one attempt, over https (plain http to this machine only); none follows a redirect. What was refused
is said without addresses and tokens: who has those can read, or send, notifications.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from calsync.addresses import hidden, is_loopback, secure_address, shown
from calsync.app.setup import Setup
from calsync.config.settings import AppriseNotify, NtfyNotify, WebhookNotify, topic_address
from calsync.errors import Unavailable
from calsync.notices import Notice, NoticeKind

if TYPE_CHECKING:
    import apprise

Table = NtfyNotify | WebhookNotify | AppriseNotify

CONNECT, READ = 5.0, 10.0
"""Seconds to reach a server, and for its answer; `waits.NOTIFY` is the end of all."""
LONGEST = 3500
"""Bytes of a text: ntfy makes a file of more than 4096."""


class WebhookChange(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """One change of the plan; `from` and `to` as in `calsync push --format json`."""

    action: Annotated[str, Meta(extra_json_schema={"enum": ["insert", "update", "withdraw"]})]
    """What became of the event."""
    key: str
    """Which run or session it is."""
    title: str
    """The title of its event."""
    start: datetime | None
    """When it was to begin before; null if it is new."""
    end: datetime | None
    """When it begins now; null if it was removed."""
    minutes: int
    """How long it takes, or took if it was removed."""
    reason: str
    """Why; may be empty."""
    url: str | None
    """Its own page, if [serve] url says where the server is."""


class WebhookBody(msgspec.Struct, frozen=True):
    """What a webhook of calsync gets, as JSON in a POST. More keys may come; none goes."""

    id: str
    """The same each time that this notification is sent: one that you have had already can be left out."""
    event: NoticeKind
    """What it is about: changes of the plan, trouble that lasts, its end, the coming week, or a test."""
    plan: str
    """The name of the plan."""
    at: datetime
    """When it came to be; with the offset of the plan's time zone, as all times."""
    title: str
    """One line for people."""
    text: str
    """Some lines for people."""
    url: str | None
    """The page of the week, if [serve] url says where it is. Who has it sees your training."""
    changes: tuple[WebhookChange, ...]
    """All changes, of which the text may have room for the first only; for other events empty."""
    about: str | None
    """Of trouble, and of its end: what has failed."""
    since: datetime | None
    """Of those: since when."""


def address(table: Table) -> str:
    """Raises Unavailable if it is in no variable, or may not be used."""
    url = table.url if table.url_env is None else _variable(table.url_env)
    assert url is not None
    if isinstance(table, AppriseNotify):
        return url
    try:
        return topic_address(url) if isinstance(table, NtfyNotify) else secure_address(url)
    except ValueError as problem:
        raise Unavailable(f"its address {problem}") from None


def _variable(name: str) -> str:
    if value := os.environ.get(name, "").strip():
        return value
    raise Unavailable(f"the environment variable {hidden(name)} is not set")


def check(table: Table) -> None:
    """Whether something could be sent, as far as that can be told without sending it. Raises Unavailable."""
    url = address(table)
    if isinstance(table, AppriseNotify):
        apprise_services(url)
    if table.token_env is not None:
        _variable(table.token_env)


def place(table: Table) -> str:
    """Where it leads, as far as that may be shown."""
    try:
        url = address(table)
    except Unavailable:
        return f"${table.url_env}"
    # Of Apprise's URLs even what looks like a host is often a key.
    return url.partition(":")[0] if isinstance(table, AppriseNotify) else shown(url)


@dataclass(frozen=True, slots=True)
class Pages:
    """The addresses of the server's pages, as others see them."""

    week: str
    session: Callable[[str], str]
    """By the key of a run or session."""

    @property
    def check_in(self) -> str:
        """The form of a check-in, on the page of the week."""
        return f"{self.week}#check-in"

    def about(self, notice: Notice) -> str:
        """The page that a notification leads to."""
        return self.check_in if notice.event == "week" else self.week


def pages(setup: Setup) -> Pages | None:
    """None if the config doesn't say where the server is, or it has no secret yet."""
    url = setup.config.serve.url
    if url is None:
        return None
    from calsync.web.secret import Secret

    try:
        if not setup.state.has_secret():
            return None
        secret, name = Secret(setup.state), setup.config.name
        return Pages(f"{url}/{secret.value()}/", lambda key: f"{url}/s/{secret.of_session(name, key)}")
    except Unavailable:
        return None


def send(table: Table, notice: Notice, setup: Setup) -> None:
    """One attempt. Raises Unavailable with a reason that names no address."""
    url, links = address(table), pages(setup)
    match table:
        case NtfyNotify():
            at, payload = ntfy_message(url, notice, links)
            _post(at, payload, table)
        case WebhookNotify():
            body = webhook_body(notice, setup.config.name, setup.config.zone, links)
            _post(url, msgspec.json.encode(body), table)
        case AppriseNotify():
            _by_apprise(url, notice, links)


_LOOKS = {
    "changes": ("calendar", 3),
    "trouble": ("warning", 4),
    "well": ("white_check_mark", 3),
    "week": ("calendar", 3),
    "test": ("wave", 3),
}


# ntfy shows no more.
_MOST_BUTTONS = 3


def ntfy_message(topic: str, notice: Notice, links: Pages | None) -> tuple[str, bytes]:
    """Where to send it, and the message as ntfy takes it in JSON (https://docs.ntfy.sh/publish/).

    There is a button for each session that changed, if they are few; otherwise one for the page of the week.
    """
    parts = urlsplit(topic)
    tag, priority = _LOOKS[notice.event]
    message = {
        "topic": parts.path.removeprefix("/"),
        "title": notice.title,
        "message": notice.text,
        "tags": [tag],
        "priority": priority,
    }
    if links:
        label = "Check in" if notice.event == "week" else "Open the week"
        buttons = [(label, links.about(notice))]
        if 0 < len(notice.changes) <= _MOST_BUTTONS:
            buttons = [(one.title or "Open it", links.session(one.key)) for one in notice.changes]
        message["click"] = buttons[0][1] if len(buttons) == 1 else links.week
        message["actions"] = [{"action": "view", "label": name, "url": url} for name, url in buttons]
    return parts._replace(path="/").geturl(), msgspec.json.encode(message)


def webhook_body(notice: Notice, plan: str, zone: ZoneInfo, links: Pages | None) -> WebhookBody:
    def local(instant: datetime | None) -> datetime | None:
        return instant.astimezone(zone) if instant else None

    changes = []
    for change in notice.changes:
        before, after = change.before, change.after
        first, last = after or before or (notice.at, notice.at)
        minutes = int((last - first).total_seconds()) // 60
        was, is_now = local(before[0] if before else None), local(after[0] if after else None)
        changes.append(
            WebhookChange(
                change.action,
                change.key,
                change.title,
                was,
                is_now,
                minutes,
                change.reason,
                links.session(change.key) if links else None,
            )
        )
    at = notice.at.astimezone(zone)
    about, since = notice.about or None, local(notice.since)
    page, told = links.about(notice) if links else None, tuple(changes)
    return WebhookBody(notice.id, notice.event, plan, at, notice.title, notice.text, page, told, about, since)


def _post(url: str, body: bytes, table: Table) -> None:
    import logging

    from calsync.http import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes whole addresses into logs
    headers = {"Content-Type": "application/json", "User-Agent": "calsync"}
    if table.token_env is not None:
        headers["Authorization"] = f"Bearer {_variable(table.token_env)}"
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(READ, connect=CONNECT), follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            # Nothing of the answer matters but how it begins.
            status, location = response.status_code, response.headers.get("Location", "")
    except httpx.TimeoutException as error:
        raise Unavailable(f"{shown(url)} did not answer in time") from error
    except httpx.ConnectError as error:
        raise Unavailable(f"{shown(url)} can't be reached ({error})") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Unavailable(f"{shown(url)} can't be told ({type(error).__name__})") from error
    if 200 <= status < 300:
        return
    if status in (401, 403):
        raise Unavailable(f"{shown(url)} refuses access ({status}): check its address and token_env")
    if 300 <= status < 400:
        # Not followed: what is posted is private, and a server on the net must not make calsync post it to a
        # machine that only this one reaches.
        to = f" to {hidden(location)}" if location else ""
        raise Unavailable(f"{shown(url)} redirects{to}: use the address where it leads")
    raise Unavailable(f"{shown(url)} answers {status}")


# --- Apprise ----------------------------------------------------------------------------------------------


def apprise_services(url: str) -> "apprise.Apprise":
    """Raises Unavailable for what Apprise doesn't know, and for what anybody on the way can read."""
    import logging

    # It writes what it sends, and to whom, into logs; and on standard error where there are none.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    try:
        import apprise
    except ModuleNotFoundError as problem:
        message = "needs Apprise: install calsync with its extra `notify`"
        raise Unavailable(f"{message}; in a checkout: pip install '.[notify]'") from problem
    asset = apprise.AppriseAsset(
        app_id="calsync", app_desc="calsync", app_url="", async_mode=False, http_redirects=False
    )
    services = apprise.Apprise(asset=asset)
    if not services.add(url) or not len(services):
        raise Unavailable("Apprise doesn't understand its URL (https://appriseit.com lists them)")
    for service in services:
        service.redirects = False
        known = service.secure_protocol or ()
        is_secure = service.secure or service.schema in ((known,) if isinstance(known, str) else known)
        host = getattr(service, "host", None)
        if not is_secure and host and not is_loopback(str(host)):
            schema = service.schema
            raise Unavailable(f"{schema}:// is not encrypted, so anybody on the way can read it")
    return services


def _by_apprise(url: str, notice: Notice, links: Pages | None) -> None:
    services = apprise_services(url)
    text = notice.text
    if links:
        text += (
            f"\n\n{links.session(notice.changes[0].key) if len(notice.changes) == 1 else links.about(notice)}"
        )
    kind = {"trouble": "warning", "well": "success"}.get(notice.event, "info")
    if not services.notify(body=text, title=notice.title, notify_type=kind, body_format="text"):
        names = ", ".join(sorted({str(service.schema) for service in services}))
        raise Unavailable(f"Apprise could not deliver it ({names})")


# Where lines are cut, so that a long list of changes is still one message.


def shortened(lines: list[str]) -> str:
    """As many of the lines as a notification has room for, and how many more there are."""
    text = "\n".join(lines)
    told = len(lines)
    while told > 1 and len(text.encode()) > LONGEST:
        told -= 1
        text = "\n".join([*lines[:told], f"… and {len(lines) - told} more"])
    return re.sub(r"\n{3,}", "\n\n", text)
