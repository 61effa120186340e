"""The exceptions of wfc's public API.

Comes in: nothing; this is the bottom of the import order. Goes out: every class that user code may catch. Names and
meaning follow the Python Workflow SDK (`vercel.workflow.errors`), so that code written for it keeps working; what is
wfc's own says so. Control-flow signals that user code must not catch live beside the code that raises them.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta


class WfcError(Exception):
    """Base of the errors that wfc raises for a mistake that its user can mend."""


class ConfigError(WfcError):
    """A setting, path or build that can't be used; the message names the setting and the fix."""


class WorkflowWorldError(WfcError):
    """Base of what the store, or whoever keeps it, refuses or fails at. The name is the Workflow SDK's."""


class StoreError(WorkflowWorldError):
    """The store can't be opened, read or written."""


class StoreVersionError(StoreError):
    """The store was written by a newer wfc than this one."""


class RunNotFoundError(WfcError):
    """No run has this id. `status_code` and `detail` are for ASGI frameworks."""

    status_code = 404

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no run {run_id!r} in this store")
        self.run_id = run_id
        self.detail = str(self)


class EntityConflictError(WorkflowWorldError):
    """The same run id or idempotency key was used with another workflow or other arguments."""


class RunExpiredError(WorkflowWorldError):
    """The run has ended, so it can't take what was asked of it."""


class ThrottleError(WorkflowWorldError):
    """The service asks to be called less often. Known to the Workflow SDK; no store of wfc does it."""


class TooEarlyError(WorkflowWorldError):
    """Something isn't due yet. Known to the Workflow SDK; no store of wfc says it."""


class RetryRefusedError(WfcError):
    """The run can't be retried; the message says why, and what can be done."""


class AttributeLimitError(WfcError):
    """An attribute of a run is too long, or there are too many."""


class StreamClosedError(WfcError):
    """The stream of a run was closed: nothing can be written to it any more."""


class SerializationError(WfcError):
    """A value can't cross a durable boundary; the message holds its path inside the argument."""


class PayloadLimitError(SerializationError):
    """A value is too large to be recorded; the message says how large it is and may be."""


class EventLimitError(WfcError):
    """A run's log has got longer than it may."""


class TypeValidationError(WfcError):
    """A value doesn't match the annotation of the parameter or result that it is for."""


class StepNotRegisteredError(WfcError):
    """The build that a run belongs to has no such step."""


class WorkflowRunFailedError(WfcError):
    """A run that was waited for has failed; `__cause__` is the workflow's exception."""

    def __init__(self, run_id: str, error: str) -> None:
        super().__init__(f"workflow run {run_id!r} failed: {error}")
        self.run_id = run_id
        self.error = error


class WorkflowCancelledError(WfcError):
    """A run that was waited for was cancelled."""

    def __init__(self, run_id: str, reason: str | None = None) -> None:
        super().__init__(f"workflow run {run_id!r} was cancelled" + (f": {reason}" if reason else ""))
        self.run_id = run_id
        self.reason = reason


class HookNotFoundError(WfcError):
    """No live hook holds the token: the run hasn't asked for it yet, disposed of it, or ended.

    `status_code` is what ASGI frameworks that look for one (Starlette's convention) answer with.
    """

    status_code = 404

    def __init__(self, token: str) -> None:
        super().__init__(
            f"no live hook holds the token {token!r}: its run hasn't asked for it yet, has given it back, or has ended "
            "(`wfc list`, `wfc inspect RUN`)"
        )
        self.token = token
        self.detail = str(self)


class HookConflictError(WfcError):
    """The token is held by another live run."""

    def __init__(self, token: str, conflicting_run_id: str) -> None:
        super().__init__(
            f"hook token {token!r} is held by run {conflicting_run_id!r}: put something of the run into the token, or "
            "leave it out to get one of its own"
        )
        self.token = token
        self.conflicting_run_id = conflicting_run_id


class HookDisposedError(WfcError):
    """A hook was awaited after `dispose()`."""

    def __init__(self, token: str) -> None:
        super().__init__(f"the hook with token {token!r} was disposed of; call wait() again for a new one")
        self.token = token


class _FatalMeta(type):
    """Lets `isinstance(e, FatalError)` see a step's exception once the step can't be retried.

    The exception keeps its real class (a subclass made on the fly fails for one class in six: all that fix their
    layout in C); the runtime marks the object instead.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        if super().__instancecheck__(instance):
            return True
        return cls is FatalError and is_exhausted(instance)


class FatalError(Exception, metaclass=_FatalMeta):
    """Raised by a step: don't retry. Caught in a workflow: a step failed for good, whatever it raised."""

    fatal = True


EXHAUSTED = "_wfc_exhausted"


def mark_exhausted(error: BaseException, step: str) -> None:
    """Mark `error` as what a step (its call's id) ended with: `except FatalError` and isinstance match it then."""
    BaseException.__setattr__(error, EXHAUSTED, step)


def failed_step_of(error: BaseException) -> str | None:
    """Return the id of the step that ended with this exception, None for one that no step has raised."""
    step = getattr(error, "__dict__", {}).get(EXHAUSTED)
    return step if isinstance(step, str) else None


def is_exhausted(error: object) -> bool:
    """Has the runtime marked this exception as the end of a step?"""
    return bool(getattr(error, "__dict__", {}).get(EXHAUSTED))


class RetryableError(Exception):
    """Raised by a step: try again after `retry_after` (seconds, timedelta, tz-aware datetime or `"10s"`)."""

    def __init__(self, message: str = "", *, retry_after: float | timedelta | datetime | str = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def delay_us(self) -> int:
        """Microseconds from now until the next attempt; never negative."""
        from .duration import parse_duration

        value = self.retry_after
        if isinstance(value, datetime):
            value = max(0.0, (value - datetime.now(UTC)).total_seconds())
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"retry_after must be a finite number of seconds, not {value!r}")
        return parse_duration(value)


class StepInterruptedError(WfcError):
    """The worker that ran an attempt of a step died, so nobody knows how far its body got."""


class RemoteError(Exception):
    """Stands for an exception whose class this process doesn't know; `name` is that class's name."""

    name: str = "Exception"

    def __init__(self, message: str = "", *, name: str | None = None) -> None:
        super().__init__(message)
        if name is not None:
            self.name = name
