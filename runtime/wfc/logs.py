"""Log records that say which run, step and attempt they belong to.

Comes in: whatever this process logs. Goes out: the same records with the attributes `run_id`, `workflow`, `step` and
`attempt`, empty outside of a run, so that any handler's format may name them: `%(run_id)s`. The worker's own records
have them, those of step bodies, and those of workflows, which are logged once, not again on each replay.

`wfc worker` and `wfc run` do this by themselves, and write them (cli/log_output.py). A program with a worker of its own
calls `carry_context()`, and then sets up handlers as it likes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .context import current_run, current_step
from .ids import short_name

Fields = dict[str, str | int]

NAMES = ("run_id", "workflow", "step", "attempt")
_OUTSIDE: Fields = dict.fromkeys(NAMES, "")

_about: ContextVar[Fields | None] = ContextVar("wfc_log_fields", default=None)


def carry_context() -> None:
    """Give every record of this process the attributes above; idempotent.

    When the record is handled, not when it is made: the standard library refuses `extra` with names that are taken.
    """
    original = logging.Logger.handle
    if getattr(original, "_wfc_context", False):
        return

    def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
        record.__dict__.update({**_OUTSIDE, **present_fields(), **_given(record)})
        original(logger, record)

    handle._wfc_context = True  # type: ignore[attr-defined]  # the mark of the wrapper
    logging.Logger.handle = handle  # type: ignore[method-assign, assignment]  # on purpose


def present_fields() -> Fields:
    """Return what is known of the step or workflow whose code is running."""
    step = current_step.get()
    if step is not None:
        return {
            "run_id": step.run_id,
            "workflow": short_name(step.workflow_id),
            "step": short_name(step.step_name),
            "attempt": step.attempt,
        }
    flow = current_run.get()
    if flow is not None:
        return {"run_id": flow.run_id, "workflow": short_name(flow.route.workflow_id)}
    return _about.get() or {}


@contextmanager
def about(run_id: str, workflow_id: str) -> Iterator[None]:
    """In its block, what is logged is of this run."""
    token = _about.set({"run_id": run_id, "workflow": short_name(workflow_id)})
    try:
        yield
    finally:
        _about.reset(token)


def _given(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in NAMES if (value := record.__dict__.get(name))}
