"""`uuid` in a flow: `uuid1` and `uuid4` of a run are the same on every replay.

Emitted flow code says `from wfc.flow import uuid` where the user wrote `import uuid`. Ids have a random stream of their
own: one more `uuid4()` doesn't shift what `random` gives. Outside of a run the standard library's functions answer;
it also supplies all names that aren't here.
"""

from __future__ import annotations

import uuid as _uuid
from typing import Any

from ..context import current_run


def uuid1(node: int | None = None, clock_seq: int | None = None) -> _uuid.UUID:
    """Return a UUID of the run's clock. The node is a random one: the host's differs between replays."""
    run = current_run.get()
    return _uuid.uuid1(node, clock_seq) if run is None else run.draws.uuid1(run.clock_us, node, clock_seq)


def uuid4() -> _uuid.UUID:
    """Return the next random UUID of the run."""
    run = current_run.get()
    return _uuid.uuid4() if run is None else run.draws.uuid4()


def __getattr__(name: str) -> Any:
    return getattr(_uuid, name)


__all__ = [name for name in dir(_uuid) if not name.startswith("_")]
