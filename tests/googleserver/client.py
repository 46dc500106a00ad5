"""Google's own client library, pointed at the server of the tests.

Two traps lie on the way there: the address of batches comes from the document's `rootUrl` alone, and
`from_authorized_user_info` puts Google's token endpoint in the place of the one in the file.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import google_auth_httplib2
import httplib2
from google.auth.credentials import Credentials as AnyCredentials
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document

from tests.googleserver.discovery import document_text
from tests.googleserver.exchange import Json
from tests.googleserver.server import LEAST_SCOPES, GoogleServer

TIMEOUT = 5


def credentials(token: Json) -> Credentials:
    """Credentials of what `authorise()` gives."""
    expiry = datetime.fromisoformat(token["expiry"]).replace(tzinfo=None)  # the library wants naive UTC
    return Credentials(  # type: ignore[no-untyped-call]
        token["token"],
        refresh_token=token["refresh_token"],
        token_uri=token["token_uri"],
        client_id=token["client_id"],
        client_secret=token["client_secret"],
        scopes=token["scopes"],
        expiry=expiry,
    )


def service(
    google: GoogleServer,
    authorised: AnyCredentials | Json | Iterable[str] = LEAST_SCOPES,
    *,
    timeout: float = TIMEOUT,
) -> Any:
    """A service with these credentials, this token or new scopes: `with service(google) as calendar:`."""
    match authorised:
        case AnyCredentials():
            own = authorised
        case dict():
            own = credentials(authorised)
        case scopes:
            own = credentials(google.authorise(scopes))
    # A document of its own, because building writes into it.
    described = json.loads(document_text()) | {"rootUrl": google.url + "/"}
    http = google_auth_httplib2.AuthorizedHttp(own, http=httplib2.Http(timeout=timeout))
    return build_from_document(described, http=http)
