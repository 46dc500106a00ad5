"""What stands for bytes where they are compared or named."""

import hashlib


def digest(*parts: bytes) -> str:
    """What stands for these bytes."""
    whole = hashlib.blake2b(digest_size=20)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()
