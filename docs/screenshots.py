"""Makes the pictures of the week page in docs/images: python docs/screenshots.py

Needs the test extra, and Debian's chromium and chromium-driver. The page is that of the example config on a
Wednesday, served as everybody gets it; the pictures are for README.md and to be looked at after a change.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTHS = {1280: 1, 360: 2}  # and how many dots of the picture are a pixel of the page
MONDAY, WEDNESDAY = "2026-11-23T06:00:00+00:00", "2026-11-25T14:20:00+00:00"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "config.example.toml", folder / "config.toml")
        shutil.copytree(ROOT / "examples", folder / "examples")
        environment = {**os.environ, "CALSYNC_STATE": str(folder / "state"), "PYTHONPATH": str(ROOT)}
        calsync = [sys.executable, "-m", "calsync"]
        # On Monday first: Tuesday's session is over on Wednesday, but it was planned.
        push = [*calsync, "push", "--quiet", "--now", MONDAY]
        subprocess.run(push, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        serve = [
            *calsync,
            "serve",
            "--port",
            "0",
            "--url",
            "https://training.example.org",
            "--now",
            WEDNESDAY,
        ]
        server = subprocess.Popen(serve, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
        assert server.stderr
        try:
            address = server.stderr.readline().split()[2].rstrip(",")
            secret = (folder / "state" / "training" / "serve-secret").read_text().strip()
            page = f"{address}/{secret}/"
            while httpx.get(page).status_code != 200:  # the first plan is being made
                time.sleep(0.1)
            take_pictures(page)
        finally:
            server.terminate()
            server.wait()


def take_pictures(page: str) -> None:
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
                browser.get(page)
                # Down to the legend: the addresses to subscribe to are below it.
                box = browser.execute_script(
                    "const week = document.querySelector('.week').getBoundingClientRect();"
                    "return Math.ceil(week.bottom + scrollY) + 12"
                )
                clip = {"x": 0, "y": 0, "width": width, "height": box, "scale": 1}
                shot = {"captureBeyondViewport": True, "clip": clip}
                png = browser.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
                (IMAGES / f"week-{width}-{scheme}.png").write_bytes(base64.b64decode(png))
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
