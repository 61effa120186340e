"""Who is running: the flow or the step attempt that the current task belongs to.

The authoring API asks here where it is called from; the flow and the worker set it. Kept apart from both, so that a
step route doesn't load the flow's machinery, nor a flow route the worker's.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flow.flowrun import FlowRun
    from .streams import StreamWriter

current_run: ContextVar[FlowRun | None] = ContextVar("wfc_current_run", default=None)
current_step: ContextVar[StepContext | None] = ContextVar("wfc_current_step", default=None)


@dataclass(frozen=True, slots=True)
class StepContext:
    """The attempt whose body is running. Times are microseconds since the Unix epoch.

    `writers` are those of the streams that the body has written to, by run and name.
    """

    run_id: str
    workflow_id: str
    step_id: str
    step_name: str
    attempt: int
    started_at: int
    writers: dict[tuple[str, str], StreamWriter] = field(default_factory=dict)


def require_run(what: str) -> FlowRun:
    """Return the flow that is running, or say that `what` only works in one."""
    run = current_run.get()
    if run is None:
        where = "in a step" if current_step.get() is not None else "outside a workflow"
        raise RuntimeError(f"{what} was called {where}; it only works in the body of a workflow")
    return run
