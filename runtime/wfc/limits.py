"""What users may give to a run, how large it may be, and what they are told where it isn't so.

Attributes have the limits of the Workflow SDK: 64 keys, keys of 256 characters, values of 256 bytes. A recorded value
has a limit, since it is read again at each replay; so has a run's log, which is replayed as a whole. The limits are
the same in every process and for good: a workflow may catch the errors, and a replay raises them at the same calls.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import AttributeLimitError, ConfigError, EventLimitError, PayloadLimitError
from .ids import is_valid_run_id

MOST_KEYS = 64
LONGEST_KEY = 256
LONGEST_VALUE_BYTES = 256
LARGEST_PAYLOAD_BYTES = 10_000_000
LARGEST_HOOK_BODY_BYTES = 4_000_000
MOST_EVENTS = 100_000


def check_chosen(run_id: str | None, idempotency_key: str | None) -> None:
    """Raise ConfigError for a run id or an idempotency key that a caller can't choose; None is none."""
    if run_id is not None and not (isinstance(run_id, str) and is_valid_run_id(run_id)):
        raise ConfigError(f"run id {run_id!r}: use 1 to 128 letters, digits and `_.:-`, not starting with a sign")
    if idempotency_key is not None and not (isinstance(idempotency_key, str) and idempotency_key):
        raise ConfigError(
            f"idempotency key {idempotency_key!r}: it has to be text that isn't empty (all starts with it would be one "
            "run); leave it out to start a run each time"
        )


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


def check_payload(data: bytes, what: str) -> None:
    """Raise PayloadLimitError for a value whose recorded form is too large; `what` says which value it is."""
    if len(data) > LARGEST_PAYLOAD_BYTES:
        raise PayloadLimitError(
            f"{what or 'the value'} takes {_shown(len(data))} when it is recorded, and a value may take at most "
            f"{_shown(LARGEST_PAYLOAD_BYTES)}: let a step store it in a file, bucket or table, and pass on where it is"
        )


def check_hook_body(data: bytes, what: str) -> None:
    """Raise PayloadLimitError for the payload of a hook that is too large."""
    if len(data) > LARGEST_HOOK_BODY_BYTES:
        raise PayloadLimitError(
            f"{what} takes {_shown(len(data))} when it is recorded, and what is delivered to a hook at most "
            f"{_shown(LARGEST_HOOK_BODY_BYTES)}, so nothing was delivered: store it first, and deliver where it is"
        )


def too_many_events(place: str) -> EventLimitError:
    """Return the error that ends a run whose log has got too long; `place` is where its workflow stood."""
    return EventLimitError(
        f"the run has more than {MOST_EVENTS:,} events, which is the limit, at {place}: do parts of the work in child "
        "runs (`await start(child, ...)`), or let the workflow start its own successor with what is left, and return"
    )


def _shown(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
