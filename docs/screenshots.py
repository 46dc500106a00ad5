"""Makes the pictures of the pages in docs/images: python docs/screenshots.py

Needs the test extra, and Debian's chromium and chromium-driver. The pages are those of the example config on
a Wednesday, served as everybody gets them; the pictures are for README.md and to be looked at after a change.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from icalendar import Calendar
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from calsync.event import key_of_uid

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTHS = {1280: 1, 360: 1.5}  # and how many dots of the picture are a pixel of the page
MONDAY, WEDNESDAY = "2026-11-23T06:00:00+00:00", "2026-11-25T14:20:00+00:00"
PHONE = 360
URL = "https://training.example.org"
DONE, SESSION = "2026-W48/run/tue-1", "2026-W48/strength/1"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = (ROOT / "config.example.toml").read_text("utf-8")
        (folder / "config.toml").write_text(f'{config}\n[serve]\nurl = "{URL}"\n', "utf-8")
        shutil.copytree(ROOT / "examples", folder / "examples")
        environment = {**os.environ, "CALSYNC_STATE": str(folder / "state"), "PYTHONPATH": str(ROOT)}
        calsync = [sys.executable, "-m", "calsync"]
        # On Monday first: Tuesday's session is over on Wednesday, but it was planned.
        push, done = ["push", "--quiet", "--now", MONDAY], ["done", DONE, "--now", WEDNESDAY]
        for command in (push, done):
            subprocess.run(
                [*calsync, *command], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
            )
        serve = [*calsync, "serve", "--port", "0", "--now", WEDNESDAY]
        server = subprocess.Popen(serve, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
        assert server.stderr
        try:
            address = server.stderr.readline().split()[2].rstrip(",")
            secret = (folder / "state" / "training" / "serve-secret").read_text().strip()
            page = f"{address}/{secret}/"
            while httpx.get(page).status_code != 200:  # the first plan is being made
                time.sleep(0.1)
            take_pictures({"week": page, "session": page_of(SESSION, folder).replace(URL, address)})
        finally:
            server.terminate()
            server.wait()


def page_of(key: str, folder: Path) -> str:
    """The address that the event has."""
    feed = Calendar.from_ical((folder / "public" / "training.ics").read_bytes())
    uids = {key_of_uid(str(event["UID"]), "training"): event for event in feed.events}
    return str(uids[key]["URL"])


def take_pictures(pages: Mapping[str, str]) -> None:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--hide-scrollbars", *(["--no-sandbox"] if os.geteuid() == 0 else [])):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    IMAGES.mkdir(exist_ok=True)
    try:
        for width, dots in WIDTHS.items():
            for scheme in ("light", "dark"):
                screen = {"width": width, "height": 800, "deviceScaleFactor": dots, "mobile": width < 500}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
                media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
                browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
                browser.get(pages["week"])
                # Down to the legend: the addresses to subscribe to are below it. All are as high as that.
                box = browser.execute_script(
                    "const week = document.querySelector('.week').getBoundingClientRect();"
                    "return Math.ceil(week.bottom + scrollY) + 12"
                )
                for name, page in pages.items():
                    if name != "week" and width > PHONE:
                        continue
                    browser.get(page)
                    clip = {"x": 0, "y": 0, "width": width, "height": box, "scale": 1}
                    shot = {"captureBeyondViewport": True, "clip": clip}
                    png = browser.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
                    (IMAGES / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(png))
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
