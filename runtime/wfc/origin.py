"""What a run was started with and by: enough to tell later why another machine replays it differently."""

from __future__ import annotations

import platform
import time

from .codec import CODEC_VERSION
from .model import Scalar
from .version import VERSION


def origin_of(workflow_id: str, build_id: str) -> dict[str, Scalar]:
    """Return the data of a run's first event."""
    return {
        "workflowName": workflow_id,
        "buildId": build_id,
        "codec": CODEC_VERSION,
        "wfc": VERSION,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "zone": time.strftime("%Z"),
        "utcOffsetSeconds": -time.timezone,
    }
