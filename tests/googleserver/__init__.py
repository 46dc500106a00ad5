"""A Google Calendar on this machine, for tests: API, batches, consent page and token endpoint, on sockets.

`server.GoogleServer` is all that a test needs, `client` joins it to Google's own client library. Where the
documentation leaves something open, `switches.Switches` chooses, and a test goes through the positions.
"""
