"""The SDK's names as the compiler knows them, against what `wfc` offers."""

from __future__ import annotations

import wfc
from wfc_compiler.binder.sdk import PUBLIC


def test_the_compiler_knows_every_public_name() -> None:
    """A name that `wfc` exports is no WFC012, and one that it lacks is no public name."""
    assert set(wfc.__all__) - {"__version__"} == PUBLIC
