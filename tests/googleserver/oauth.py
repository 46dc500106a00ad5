"""The token endpoint: gives tokens for a code, for a refresh token, or for what a service account has signed.

https://developers.google.com/identity/protocols/oauth2/native-app#exchange-authorization-code
"""

import base64
import hashlib

from tests.googleserver import keys
from tests.googleserver.call import Token
from tests.googleserver.exchange import Answer, Json, Request
from tests.googleserver.faults import Grant
from tests.googleserver.keys import Rejected
from tests.googleserver.tokens import Client, Tokens

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

Form = dict[str, str]


def exchange(tokens: Tokens, request: Request, fewer: Grant | None) -> Answer:
    """POST /token. With `fewer` the scopes are those, whatever was asked for."""
    form = {name: values[0] for name, values in request.form.items()} | _basic(request)
    try:
        match form.get("grant_type"):
            case "authorization_code":
                answer = _by_code(tokens, form, fewer)
            case "refresh_token":
                answer = _by_refresh(tokens, form, fewer)
            case kind if kind == JWT_GRANT:
                answer = _by_jwt(tokens, form, fewer)
            case kind:
                raise Rejected("unsupported_grant_type", f"Invalid grant_type: {kind}")
    except Rejected as rejected:
        status = 401 if rejected.error == "invalid_client" else 400
        return Answer.json({"error": rejected.error, "error_description": rejected.description}, status)
    return Answer.json(answer)


def revoke(tokens: Tokens, request: Request) -> Answer:
    """POST /revoke: what an application does when it is told to forget its user."""
    value = (request.form.get("token") or request.query.get("token") or [""])[0]
    if value not in tokens.refresh and value not in tokens.access:
        return Answer.json({"error": "invalid_token", "error_description": "Token expired or revoked"}, 400)
    tokens.revoke()
    return Answer.json({})


def _client(tokens: Tokens, form: Form) -> Client:
    client = tokens.clients.get(form.get("client_id", ""))
    if client is None:
        raise Rejected("invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != client.secret:
        raise Rejected("invalid_client", "Unauthorized")
    return client


def _by_code(tokens: Tokens, form: Form, fewer: Grant | None) -> Json:
    client = _client(tokens, form)
    code = tokens.codes.pop(form.get("code", ""), None)
    if code is None or code.client_id != client.id:
        raise Rejected("invalid_grant", "Malformed auth code.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise Rejected("redirect_uri_mismatch", "Bad Request")
    if code.challenge and _challenge(form.get("code_verifier", "")) != code.challenge:
        which = "Invalid" if form.get("code_verifier") else "Missing"
        raise Rejected("invalid_grant", f"{which} code verifier.")
    scopes = code.scopes if fewer is None else fewer.scopes
    return tokens.grant(Token(tokens.account, client.id, frozenset(scopes)), offline=code.offline)


def _by_refresh(tokens: Tokens, form: Form, fewer: Grant | None) -> Json:
    client = _client(tokens, form)
    old = form.get("refresh_token", "")
    token = tokens.refresh.get(old)
    if token is None or token.client_id != client.id:
        known = old in tokens.dead
        raise Rejected("invalid_grant", "Token has been expired or revoked." if known else "Bad Request")
    asked = frozenset(form.get("scope", "").split()) or token.scopes
    if not asked <= token.scopes and tokens.switches.refresh_beyond_grant == "invalid_scope":
        raise Rejected("invalid_scope", "Bad Request")
    scopes = asked & (token.scopes if fewer is None else frozenset(fewer.scopes))
    answer = tokens.grant(Token(token.account, client.id, scopes), offline=False)
    if tokens.rotates:
        tokens.kill(old)
        answer["refresh_token"] = tokens.add_refresh(token)
    return answer


def _by_jwt(tokens: Tokens, form: Form, fewer: Grant | None) -> Json:
    claimed = keys.claims(form.get("assertion", ""), tokens.token_uri)
    email = claimed.get("iss", "")
    if email not in tokens.robots:
        raise Rejected("invalid_grant", "Invalid grant: account not found")
    scopes = claimed["scope"].split() if fewer is None else fewer.scopes
    answer = tokens.grant(Token(email, email, frozenset(scopes)), offline=False)
    del answer["scope"]  # such an answer has none
    return answer


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _basic(request: Request) -> Form:
    """A client may say who it is in the form or in a header (RFC 6749, section 2.3.1)."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    client_id, _, secret = base64.b64decode(value).decode().partition(":")
    return {"client_id": client_id, "client_secret": secret}
