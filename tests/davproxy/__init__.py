"""A proxy in front of a real CalDAV server, which makes it another one, or one that fails, on command.

`quirks` has what servers do differently, and a table of the best known ones; `faults` what can befall a
request; `proxy` passes requests on, with the one and the other.
"""
