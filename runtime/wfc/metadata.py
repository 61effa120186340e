"""What a step or workflow can ask about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .clock import datetime_of
from .context import current_run, current_step
from .origin import deployment_url


@dataclass(frozen=True, slots=True)
class StepInfo:
    """The present attempt. `step_id` is the same for all attempts of one call: use it as an idempotency key."""

    run_id: str
    step_id: str
    step_name: str
    attempt: int
    step_started_at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowFeatures:
    """What the deployment does with a run. wfc's stores don't encrypt."""

    encryption: bool = False


@dataclass(frozen=True, slots=True)
class WorkflowInfo:
    """The run. `started_at` is None in a step.

    `url` is where the deployment is reached: `WFC_URL`, else what the platform says (`VERCEL_URL`), else this host at
    `PORT`. A workflow is told what that was when the run was started, the same in every replay.
    """

    run_id: str
    workflow_name: str
    started_at: datetime | None
    url: str
    features: WorkflowFeatures = WorkflowFeatures()


def get_step_metadata() -> StepInfo:
    """Return what is known of the attempt that is running; RuntimeError outside a step."""
    step = current_step.get()
    if step is None:
        raise RuntimeError("get_step_metadata() only works in the body of a step that a worker runs")
    started = datetime_of(step.started_at)
    return StepInfo(step.run_id, step.step_id, step.step_name, step.attempt, started)


def get_workflow_metadata() -> WorkflowInfo:
    """Return what is known of the run, in a workflow or in one of its steps; RuntimeError elsewhere."""
    run = current_run.get()
    if run is not None:
        return WorkflowInfo(run.run_id, run.route.workflow_id, datetime_of(run.started_us), run.url)
    step = current_step.get()
    if step is not None:
        return WorkflowInfo(step.run_id, step.workflow_id, None, deployment_url())
    raise RuntimeError("get_workflow_metadata() only works in a workflow or in a step that a worker runs")
