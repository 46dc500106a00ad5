"""How long anything waits for anything, in seconds.

But for what is tried again over a network, whose times belong together: `feeds.download.Limits` has them for
calendars, `calendars.google.client.Patience` for Google.
"""

# --- for a push that runs, which holds the plan's lock ----------------------------------------------------

# Nobody waits for cron, and a mail that a server was just planning would help nobody. A push by hand asks for
# no wait: who is there can try again.
QUIET_PUSH = 10.0
# Somebody waits at a terminal.
WISH = 10.0
# A push has ended before that.
SERVER = 60.0
# Longer than a push takes at most: somebody has just gone through all of Google's pages.
NEW_CONSENT = 240.0

# --- for other programs and other people ------------------------------------------------------------------

# Each command that is asked what runs calsync.
SCHEDULERS = 3.0
# A client of the server, with the head of its request.
REQUEST_HEAD = 15.0
# Requests, and a plan in the making, when the server is to end.
SERVER_END = 3
