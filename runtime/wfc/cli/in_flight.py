"""How many runs of a project are in flight, for commands that don't work on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import ConfigError
from ..settings import store_url
from ..store.locate import count_live


def runs_in_flight(root: Path) -> Mapping[str, int] | None:
    """Return the number of runs that haven't ended by the id of their workflow; None where no store can tell."""
    try:
        return count_live(store_url(root), root)
    except ConfigError:
        return None  # of a wrong configuration other findings tell
