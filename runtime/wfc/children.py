"""What passes between a workflow and the runs that it starts: how to start one, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChildOptions:
    """How to start a child; see `wfc.start_options`."""

    run_id: str | None = None
    idempotency_key: str | None = None
    attributes: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: `payload` is its encoded result or error, `reason` that of a cancelled one."""

    status: str
    payload: bytes | None
    reason: str | None
