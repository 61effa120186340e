"""What a run was started with and by: enough to tell later why another machine replays it differently."""

from __future__ import annotations

import functools
import os
import platform
import time
from importlib.metadata import version

from .codec import CODEC_VERSION
from .model import Scalar
from .version import VERSION

_PORT = 8000  # where ASGI servers listen by default


def origin_of(workflow_id: str, build_id: str) -> dict[str, Scalar]:
    """Return the data of a run's first event."""
    return {
        "workflowName": workflow_id,
        "buildId": build_id,
        **versions_here(),
        "zone": time.strftime("%Z"),
        "utcOffsetSeconds": -time.timezone,
        "url": deployment_url(),
    }


def deployment_url() -> str:
    """Return the base URL under which this deployment is reached, as far as its environment says."""
    host = os.environ.get("VERCEL_URL")
    here = f"http://localhost:{os.environ.get('PORT') or _PORT}"
    return os.environ.get("WFC_URL") or (f"https://{host}" if host else here)


@functools.cache
def versions_here() -> dict[str, Scalar]:
    """Return the versions of what decides how a run's log is read here."""
    return {
        "codec": CODEC_VERSION,
        "wfc": VERSION,
        "pydantic": version("pydantic"),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
