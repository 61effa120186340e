"""How large things may be that users give to a run, and what they are told where they are larger.

Attributes have the limits of the Workflow SDK: 64 keys, keys of 256 characters, values of 256 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import AttributeLimitError

MOST_KEYS = 64
LONGEST_KEY = 256
LONGEST_VALUE_BYTES = 256


def check_attributes(changes: Mapping[str, str | None]) -> None:
    """Raise AttributeLimitError for a key or value that is too long, TypeError for one that is no text."""
    for key, value in changes.items():
        if not isinstance(key, str):
            raise TypeError(f"attribute {key!r}: a key has to be text, not {type(key).__name__}")
        if not key or len(key) > LONGEST_KEY:
            raise AttributeLimitError(f"attribute {key[:40]!r}: a key has 1 to {LONGEST_KEY} characters")
        if value is None:
            continue
        if not isinstance(value, str):
            raise TypeError(f"attribute {key!r}: a value has to be text or None, not {type(value).__name__}")
        if len(value.encode("utf-8", "surrogatepass")) > LONGEST_VALUE_BYTES:
            raise AttributeLimitError(f"attribute {key!r}: a value has at most {LONGEST_VALUE_BYTES} bytes")


def check_attribute_count(count: int) -> None:
    """Raise AttributeLimitError where a run would have more attributes than it may."""
    if count > MOST_KEYS:
        raise AttributeLimitError(f"a run has at most {MOST_KEYS} attributes; this would make {count}")
