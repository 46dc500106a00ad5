"""The week as people look at it: a page, a picture, and a small server for both and for the feeds."""
