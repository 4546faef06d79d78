"""Everything that holds weights. Nothing in ``measures`` or ``figures`` imports from here."""

import os

# Read once, when torch is imported: threads that wait by spinning cost a busy machine up to a hundred times the work itself.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
