"""A headless Chromium, driven through chromedriver: Debian's packages chromium and chromium-driver.

Decides how wide a page is shown, in which colours and with or without scripts, and how to ask for what is on
it. Knows nothing of what the page should look like.
"""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.clients.conftest import missing, need_npm_package
from tests.web.asking import PATIENCE

AXE = Path(__file__).parents[1] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_INSTALL = "install Debian's packages chromium and chromium-driver, or their like"


# What can be tapped and is less than 44 pixels high. Links in a line of text may be (WCAG 2.5.8).
_SMALL = (
    "Array.from(document.querySelectorAll('a, button, input:not([type=hidden]), summary'))"
    ".filter(e => e.checkVisibility() && !e.closest('.column') && getComputedStyle(e).display !== 'inline')"
    ".map(e => e.closest('.check-in label') ?? e).filter(e => e.getBoundingClientRect().height < 43.5)"
    ".map(e => e.outerHTML)"
)


@dataclass(frozen=True)
class View:
    """How a page is shown. `scripts`: whether its own may run."""

    width: int = 1280
    scheme: str = "light"
    scripts: bool = True

    @property
    def is_phone(self) -> bool:
        return self.width < 600

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


VIEWS = tuple(View(width, scheme) for width in (360, 1280) for scheme in ("light", "dark"))


@dataclass(frozen=True)
class Rect:
    """In CSS pixels of the window."""

    left: float
    top: float
    right: float
    bottom: float

    def is_within(self, other: Self, slack: float = 0.5) -> bool:
        """Whether it lies in `other`, but for what rounding makes of it."""
        return (
            self.left >= other.left - slack
            and self.top >= other.top - slack
            and self.right <= other.right + slack
            and self.bottom <= other.bottom + slack
        )


class Browser:
    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def show(self, url: str, view: View = View()) -> None:
        """Open `url`, at the top and with nothing in focus, also if it is open already."""
        self.cdp("Emulation.setScriptExecutionDisabled", value=not view.scripts)
        self.turn(view)
        # Between two addresses that differ behind the # there is no loading.
        self.driver.get("about:blank")
        self.driver.get(url)

    def turn(self, view: View) -> None:
        """Show what is open in another way."""
        height = 780 if view.is_phone else 900
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=view.width,
            height=height,
            deviceScaleFactor=1,
            mobile=view.is_phone,
        )
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=view.is_phone)
        self.cdp(
            "Emulation.setEmulatedMedia",
            media="",
            features=[{"name": "prefers-color-scheme", "value": view.scheme}],
        )

    def show_on_paper(self, width: float, height: float) -> None:
        """What is shown, as it is for a printer; sheets are not told apart."""
        size = {"width": int(width), "height": int(height), "deviceScaleFactor": 1, "mobile": False}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)
        self.cdp("Emulation.setEmulatedMedia", media="print")

    def cdp(self, command: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)

    # --- what is there ------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def window(self) -> Rect:
        size = self.ask("({width: document.documentElement.clientWidth, height: innerHeight})")
        return Rect(0, 0, size["width"], size["height"])

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression. The page's own scripts need not be allowed for that."""
        found = self.cdp("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """As they are shown."""
        return list(
            self.ask(f"Array.from(document.querySelectorAll({json.dumps(selector)}), e => e.innerText)")
        )

    def rects(self, selector: str, inside: str = "") -> list[Rect]:
        """Of those elements that are shown at all; `inside`: the ancestor whose rectangle is meant."""
        wanted = f".closest({json.dumps(inside)})" if inside else ""
        found = self.ask(
            f"Array.from(document.querySelectorAll({json.dumps(selector)}))"
            f".filter(e => e.checkVisibility()).map(e => e{wanted}.getBoundingClientRect())"
            ".map(r => [r.left, r.top, r.right, r.bottom])"
        )
        return [Rect(*rect) for rect in found]

    def rect(self, selector: str) -> Rect:
        (rect,) = self.rects(selector)
        return rect

    def is_shown(self, selector: str) -> bool:
        return bool(self.rects(selector))

    def await_shown(self, selector: str) -> None:
        """Where a page follows, it may be a moment away; and while one leaves, nothing answers."""
        waiting = WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[WebDriverException])
        waiting.until(lambda _: self.is_shown(selector))

    def log(self) -> list[str]:
        """What the browser complained of since it was last asked, such as a breach of a page's policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def accessible(self) -> list["Node"]:
        """What a screen reader is told, in its order."""
        nodes = {node["nodeId"]: node for node in self.cdp("Accessibility.getFullAXTree")["nodes"]}

        def below(node: dict[str, Any]) -> Iterator[Node]:
            if not node["ignored"]:
                yield Node.of(node)
            for child in node.get("childIds", ()):
                yield from below(nodes[child])

        return list(below(next(iter(nodes.values()))))

    def complaints(self, *, only_colours: bool = False) -> list[str]:
        """What axe-core finds, one line for each element."""
        self.cdp("Runtime.evaluate", expression=_axe())
        tags = {"type": "tag", "values": _TAGS}
        rules = {"type": "rule", "values": ["color-contrast"]} if only_colours else tags
        options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})
        found = self.ask(f"axe.run(document, {options}).then(found => found.violations)")
        return [
            f"{rule['id']}: {node['target']}: {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]

    def is_fine(self) -> None:
        """Hold what is open against what is asked of each page, in all four views.

        That is axe-core, no scrolling sideways, and on a phone nothing that a thumb could miss. The blocks of
        the week are as high as they last.
        """
        for view in VIEWS:
            self.turn(view)
            # Nothing but the colours differs between light and dark.
            found = self.complaints(only_colours=view.scheme == "dark")
            assert found == [], (view, found)
            assert self.ask("document.documentElement.scrollWidth") <= view.width, view
            if view.is_phone:
                small = self.ask(_SMALL)
                assert small == [], (view, small)

    # --- what a person does -------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def press_with_shift(self, *keys: str) -> None:
        chain = ActionChains(self.driver, duration=0).key_down(Keys.SHIFT)
        chain.send_keys(*keys).key_up(Keys.SHIFT).perform()

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def tap(self, selector: str) -> None:
        """With a finger, in the middle of it."""
        self.ask(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'nearest'}})")
        rect = self.rects(selector)[0]
        point = {"x": (rect.left + rect.right) / 2, "y": (rect.top + rect.bottom) / 2}
        self.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
        self.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def hand(self, *, is_finger: bool) -> "Hand":
        return Hand(self, is_finger)

    def print(self) -> bytes:
        """A PDF, on the paper that the page asks for."""
        return base64.b64decode(
            self.cdp("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
        )


@dataclass(frozen=True)
class Hand:
    """A mouse, or a finger."""

    browser: Browser
    is_finger: bool

    def down(self, x: float, y: float) -> None:
        self._does("mousePressed", "touchStart", x, y)

    def move(self, x: float, y: float) -> None:
        self._does("mouseMoved", "touchMove", x, y)

    def up(self, x: float, y: float) -> None:
        self._does("mouseReleased", "touchEnd", x, y)

    def cancel(self) -> None:
        """The system takes the finger for something else."""
        self.browser.cdp("Input.dispatchTouchEvent", type="touchCancel", touchPoints=[])

    def _does(self, with_mouse: str, with_finger: str, x: float, y: float) -> None:
        if self.is_finger:
            points = [] if with_finger == "touchEnd" else [{"x": x, "y": y}]
            self.browser.cdp("Input.dispatchTouchEvent", type=with_finger, touchPoints=points)
        else:
            buttons = {"button": "left", "buttons": 1, "clickCount": 1}
            self.browser.cdp("Input.dispatchMouseEvent", type=with_mouse, x=x, y=y, **buttons)


@dataclass(frozen=True)
class Node:
    """One of the accessibility tree."""

    role: str
    name: str
    description: str
    level: int | None

    @classmethod
    def of(cls, node: dict[str, Any]) -> Self:
        properties = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
        role, name, description = (
            str(node.get(key, {}).get("value", "")) for key in ("role", "name", "description")
        )
        return cls(role, name, description, properties.get("level"))


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Skips or fails the test if something is missing. `profile` is an empty folder."""
    need_npm_package("axe-core")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        missing("Chromium or its driver", _INSTALL)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.add_argument("--headless=new")
    options.add_argument(f"--user-data-dir={profile}")
    # /dev/shm is 64 MB small in many containers.
    options.add_argument("--disable-dev-shm-usage")
    options.add_argument("--no-first-run")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses to start for root with it
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Both paths are given, and this: nothing is looked for, let alone loaded from the web.
    os.environ["SE_OFFLINE"] = "true"
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()
