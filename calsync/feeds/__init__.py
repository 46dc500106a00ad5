"""Other people's calendars: what they say is busy.

`busy.read_busy` turns one ICS body into busy time, `source.IcsSource` finds the body: in a file, in a folder
or at a URL.
"""
