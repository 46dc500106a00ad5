"""How many examples a property test tries.

The defaults are what a run of the whole suite has time for. With CALSYNC_SOAK=20 in the environment it is
twenty times as many, for a long run; with CALSYNC_SOAK=0.1 a tenth, for a quick look.
"""

import os

SOAK = float(os.environ.get("CALSYNC_SOAK", "1"))


def usually(number: int) -> int:
    return max(1, round(number * SOAK))
