"""Sweep real packages from the command line; see `sweep`."""

import sys
import tempfile
from pathlib import Path

from .sweep import report, sweep

with tempfile.TemporaryDirectory(prefix="wfc-real-") as folder:
    probed = sweep(sys.argv[1:], Path(folder))
    print(report(probed))
sys.exit(any(one.failed for one in probed))
