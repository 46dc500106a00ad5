"""What all tests share: settings of Hypothesis, and Ctrl-C for the processes that tests start."""

import signal

from hypothesis import settings

from tests.soak import usually

# Machines that run tests are slow at times.
settings.register_profile("calsync", deadline=None, max_examples=usually(100))
settings.load_profile("calsync")

# A shell that is not interactive (cron's, CI's, `bash -c 'pytest & wait'`) starts what runs in its background
# with SIGINT ignored. What is ignored stays ignored through exec, so that no process that a test starts would
# ever hear of SIGINT. A handler does not pass through exec: with one here they get the default back. It does
# nothing, as the shell wants the tests themselves to go on ignoring SIGINT.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)
