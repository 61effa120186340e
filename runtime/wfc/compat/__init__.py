"""Other names for wfc: `import wfc.compat.vercel` makes `vercel.workflow` mean this package in the running process.

Comes in: nothing. Goes out: `InstalledSdkError`, which that import raises where the official SDK is installed.
"""

from __future__ import annotations

from ..errors import WfcError


class InstalledSdkError(WfcError, ImportError):
    """`vercel.workflow` can't mean wfc here, because the official SDK provides it; the message names both choices."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"vercel.workflow is provided by {found} in this environment, and wfc does not shadow an installed "
            "package. Choose the runtime of this process: to run on wfc, write `import wfc as workflow` instead of "
            "`from vercel import workflow`, or uninstall vercel-workflow; to run on Vercel's SDK, remove "
            "`import wfc.compat.vercel`"
        )
        self.found = found
