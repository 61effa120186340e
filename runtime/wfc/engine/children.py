"""Runs that a run starts."""

from __future__ import annotations

from ..flow.commands import StartChild
from ..model import NewRun, Run, Scalar


def child_of(parent: Run, command: StartChild, origin: dict[str, Scalar]) -> NewRun:
    """Return the run that the parent asks for: on its build, with its clock. `origin` is the data of run_created."""
    return NewRun(
        command.run_id,
        command.workflow_id,
        parent.build_id,
        command.seed,
        command.input,
        origin,
        command.idempotency_key,
        parent_run_id=parent.run_id,
        clock_offset=parent.clock_offset,
        attributes=command.attributes,
    )
