"""Identifiers: runs, workers, and the durable calls inside a run.

Run ids are `wrun_` and a ULID (time-ordered, 80 random bits), as in the Workflow SDK, and are made by whoever starts
the run. The id of a durable call is `<kind>_<ulid of its run>_<n>`, with n from one counter per run: deterministic on
replay, unique across runs, so that a step's id can serve as an idempotency key towards other systems.

What a build defines is named by its source: `step//app.steps//charge`, `workflow//app.flows//order`.
"""

from __future__ import annotations

import os
import re
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_OWN_RUN_ID = re.compile(r"wrun_[0-9A-Z]{26}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


def ulid() -> str:
    """Return a new ULID: 48 bits of Unix milliseconds, 80 random bits, 26 characters."""
    return _ulid(time.time_ns() // 1_000_000, os.urandom(10))


def new_run_id() -> str:
    """Return a new run id."""
    return f"wrun_{ulid()}"


def derived_run_id(at: int, draw: bytes) -> str:
    """Return the id of a run that another one starts: `at` is in microseconds, `draw` 10 bytes that tell it apart."""
    return f"wrun_{_ulid(at // 1000, draw)}"


def is_valid_run_id(run_id: str) -> bool:
    """May a caller use this as a run id? 1 to 128 characters of `A-Za-z0-9_.:-`, the first a letter or digit."""
    return _RUN_ID.fullmatch(run_id) is not None


def _ulid(milliseconds: int, draw: bytes) -> str:
    number = milliseconds << 80 | int.from_bytes(draw)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def stem_of_call_ids(run_id: str) -> str:
    """Return what the ids of the run's durable calls have in common: `<kind>_<stem>_<number>`.

    Numbers count from 1; kinds are step, wait, hook, child and attr.
    """
    return run_id.removeprefix("wrun_") if _OWN_RUN_ID.fullmatch(run_id) else run_id


def short_name(entity_id: str) -> str:
    """Return the function's own name: `step//app.steps//charge` is `charge`."""
    return entity_id.rpartition("//")[2]


def written_out(workflow: str) -> str:
    """Return the id of a workflow that is written as `module:function`; ids and bare names stay as they are."""
    module, separator, function = workflow.partition(":")
    return f"workflow//{module}//{function}" if separator else workflow
