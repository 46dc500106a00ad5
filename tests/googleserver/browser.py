"""A browser whose person clicks through: it opens an address and follows where that leads.

`COMMAND` is for the `BROWSER` variable of the webbrowser module, or for the `browser` of a flow. The program
that opens the browser waits for this command before it listens for the answer, so the visit is left to
another process. Needs the standard library only, and knows nothing of the server.
"""

import shlex
import subprocess
import sys
import urllib.error
import urllib.request

COMMAND = f"{shlex.quote(sys.executable)} {shlex.quote(__file__)} %s"


def visit(url: str, timeout: float = 10) -> int:
    """Opens an address; the status of the page on which it ends."""
    # Proxies of the machine have no business between two programs on it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as page:
            page.read()
            return int(page.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def main(*arguments: str) -> None:
    match arguments:
        case ["--visit", url]:
            visit(url)
        case [url]:
            # It must not keep the first one's output open: somebody may be reading that to its end.
            subprocess.Popen(
                [sys.executable, __file__, "--visit", url],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
