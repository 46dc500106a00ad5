"""Google Calendar (API v3): a secondary calendar that calsync keeps, and other calendars' free/busy.

Google's libraries take 0.2 s to import, so nothing outside this package imports it before it is needed.
"""

import logging

# What these libraries log is said by calsync in its own words, or has passed at the second try. Without a
# handler Python would print it, and cron would mail it.
for _library in ("google", "google_auth_httplib2", "google_auth_oauthlib", "googleapiclient"):
    logging.getLogger(_library).addHandler(logging.NullHandler())
