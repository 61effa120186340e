"""The run's attributes, as its flow sets them: searchable text by key.

Comes in: changes whose keys and values have been checked. Goes out: one command for each call. What steps have set
counts towards the number of keys from the place in the log where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..limits import MOST_KEYS, check_attribute_count
from .commands import SetAttributes

if TYPE_CHECKING:
    from .flowrun import FlowRun


class Attributes:
    """The keys that the run has, and the way to change them."""

    def __init__(self, flow: FlowRun) -> None:
        self._flow = flow
        self._keys: set[str] = set()

    def change(self, changes: Mapping[str, str | None]) -> None:
        """Set attributes, or remove those that are None. Raises AttributeLimitError where they would be too many."""
        keys = self._keys_after(changes)
        check_attribute_count(len(keys))
        if self._flow.live and changes:
            self._keys = keys
            self._flow.issue(SetAttributes(self._flow.new_id("attr"), dict(changes)))

    def take(self, changes: Mapping[str, str | None]) -> bool:
        """Take note of what the start of the run or one of its steps has set; False where there is no room for it."""
        keys = self._keys_after(changes)
        if len(keys) > MOST_KEYS:
            return False
        self._keys = keys
        return True

    def _keys_after(self, changes: Mapping[str, str | None]) -> set[str]:
        removed = {key for key, value in changes.items() if value is None}
        return (self._keys | changes.keys()) - removed
