"""Service accounts: the key file, and the check of what such an account signs with it.

https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
"""

import base64
import json
import time
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.googleserver.exchange import Json

KEY_ID = "5f2d1c0e9b8a7f6e5d4c3b2a190807f6e5d4c3b2"
# google-auth signs for this address whatever the key file says.
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"
LONGEST_LIFE = 3600
SKEW = 300


class Rejected(Exception):
    """The reason is Google's error_description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description


@cache
def _key() -> rsa.RSAPrivateKey:
    """One for all servers of a process: making a key is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(email: str, token_uri: str) -> Json:
    """What the Cloud console gives for download."""
    pem = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": email.partition("@")[2].partition(".")[0],
        "private_key_id": KEY_ID,
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email}",
        "universe_domain": "googleapis.com",
    }


def claims(assertion: str, token_uri: str) -> Json:
    """What a signed assertion claims, when all of it holds."""
    try:
        head, body, signature = assertion.split(".")
        header, claimed = _decoded(head), _decoded(body)
    except ValueError:
        raise Rejected("invalid_grant", "Invalid JWT: Not a valid JWT.") from None
    if header.get("alg") != "RS256" or header.get("kid") != KEY_ID:
        raise Rejected("invalid_grant", "Invalid JWT Signature.")
    try:
        _key().public_key().verify(
            _bytes(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        raise Rejected("invalid_grant", "Invalid JWT Signature.") from None
    # The library signs by the clock of the machine, so here and nowhere else that clock counts.
    now = time.time()
    issued, expires = claimed.get("iat", 0), claimed.get("exp", 0)
    if not issued <= now + SKEW or not now < expires <= issued + LONGEST_LIFE:
        raise Rejected(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )
    if claimed.get("aud") not in (token_uri, GOOGLE_TOKEN_URI):
        raise Rejected(
            "invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {token_uri}"
        )
    if not claimed.get("scope"):
        raise Rejected("invalid_scope", "Empty or missing scope not allowed.")
    if "sub" in claimed and claimed["sub"] != claimed.get("iss"):
        raise Rejected(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized "
            "for any of the scopes requested.",
        )
    return claimed


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decoded(text: str) -> dict[str, Any]:
    parsed = json.loads(_bytes(text))
    if not isinstance(parsed, dict):
        raise ValueError("no object")
    return parsed
