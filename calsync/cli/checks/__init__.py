"""What `calsync doctor` looks at: a module for each subject, order.py has them all.

Each looks and says, and changes nothing. Only Google's libraries may renew an access token that has ended,
as every command does: a refresh token that Google has replaced must not be lost.
"""
