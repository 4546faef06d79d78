"""What the performance figures come from: ``make bench``. Not part of the tests, which never assert a time."""

import os

# As ctxcore sets it for whoever imports it first: torch reads it when it is imported, which here is often before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
