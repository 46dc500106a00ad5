"""The page as an app on a home screen: manifest, icons, and a worker for when there is no network.

All of it is below the secret, and so is all that the app may show: another secret is another app.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calsync.web.colours import LIGHT

_ASSETS = Path(__file__).parent / "assets"
MANIFEST = "manifest.webmanifest"
# Names, sizes and purposes; docs/icons.py draws them. The last one is for iOS, which asks for it by a link.
_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
_IOS_ICON = "icon-apple-180.png"
# In the folder of the page: from there a browser lets it see what is below the secret, and nothing else.
_WORKER = "offline.js"


@dataclass(frozen=True, slots=True)
class Part:
    """What one of the addresses shows, and for how long a browser need not ask again."""

    body: bytes
    media_type: str
    caching: str
    policy: str = ""


def part(path: str, title: str) -> Part | None:
    """What is at `path`, below the secret; None if that is no part of the app."""
    if path == MANIFEST:
        return Part(_manifest(title), "application/manifest+json", "private, no-cache")
    if path in (_IOS_ICON, *(name for name, _, _ in _ICONS)):
        return Part(_asset(path), "image/png", "private, max-age=86400")
    if path == _WORKER:
        # A worker has the policy that it comes with: it may ask this server, and nobody else.
        policy = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
        return Part(_asset(path), "text/javascript; charset=utf-8", "private, no-cache", policy)
    return None


def _manifest(title: str) -> bytes:
    """W3C, Web Application Manifest. Its addresses are relative: a proxy may serve calsync in a folder."""
    return json.dumps(
        {
            "name": title,
            "short_name": title,
            "start_url": "./",
            "scope": "./",
            "display": "standalone",
            "theme_color": LIGHT.page,
            "background_color": LIGHT.page,
            "icons": [
                {"src": name, "sizes": sizes, "type": "image/png", "purpose": purpose}
                for name, sizes, purpose in _ICONS
            ],
        },
        ensure_ascii=False,
        indent=1,
    ).encode()


@cache
def _asset(name: str) -> bytes:
    return (_ASSETS / name).read_bytes()
