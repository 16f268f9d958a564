"""What all tests share: one processor thread, so that nothing depends on the cores there are."""

import os

# Before torch is imported anywhere; commands that tests start inherit it.
os.environ["OMP_NUM_THREADS"] = "1"
