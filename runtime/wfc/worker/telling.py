"""What a worker's log tells of runs and steps, each record with the run, step and attempt as attributes.

Failures are told at the levels at which people look, everything that goes well at `debug`: a busy worker does ten
thousand steps a second.
"""

from __future__ import annotations

import logging

from ..codec.exceptions import describe_exception, headline
from ..engine.state import StepState
from ..ids import short_name
from ..model import Run

_runs = logging.getLogger("wfc.worker")
_steps = logging.getLogger("wfc.step")


def tell_claimed(run: Run) -> None:
    """A run has come to this worker."""
    if _runs.isEnabledFor(logging.DEBUG):
        _runs.debug("run of %s is taken up, as %s", short_name(run.workflow_id), run.status, extra=_fields(run))


def tell_ended(run: Run) -> None:
    """A run has ended, and that is durable."""
    if run.status == "failed":
        error = describe_exception(run.error or b"")
        _runs.warning("run of %s failed: %s", short_name(run.workflow_id), headline(error), extra=_fields(run))
    elif _runs.isEnabledFor(logging.DEBUG):
        _runs.debug("run of %s %s", short_name(run.workflow_id), run.status, extra=_fields(run))


def tell_begun(run: Run, step: StepState) -> None:
    """An attempt begins."""
    if _steps.isEnabledFor(logging.DEBUG):
        _steps.debug("step %s begins, attempt %d", short_name(step.step_id), step.attempt, extra=_fields(run, step))


def tell_failed(run: Run, step: StepState, error: BaseException) -> None:
    """An attempt has failed; with its traceback where the log shows details."""
    said = f"{type(error).__name__}: {_text(error)}".partition("\n")[0]
    details = error if _steps.isEnabledFor(logging.DEBUG) else None
    _steps.warning(
        "step %s failed, attempt %d: %s",
        short_name(step.step_id),
        step.attempt,
        said,
        exc_info=details,
        extra=_fields(run, step),
    )


def _fields(run: Run, step: StepState | None = None) -> dict[str, str | int]:
    fields: dict[str, str | int] = {"run_id": run.run_id, "workflow": short_name(run.workflow_id)}
    return fields if step is None else {**fields, "step": short_name(step.step_id), "attempt": step.attempt}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return "(it has no text)"
