"""Name the directories of routes: the function's name, made unique where two functions share it.

In: ids with names. Out: a slug per id, the same in every build of the same ids.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence


def slugs(definitions: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Return a slug for each `(id, name)`; it depends on nothing but the ids."""
    # Two names that differ only in case would be one directory on some file systems.
    count = Counter(name.casefold() for _, name in definitions)
    return {
        identity: name if count[name.casefold()] == 1 else f"{name}_{hashlib.sha256(identity.encode()).hexdigest()[:6]}"
        for identity, name in definitions
    }
