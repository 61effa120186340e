"""`set_attributes` and `remove_attributes`: text by key on a run, which `wfc list` and the API search by.

In a workflow they are durable with whatever it asks for next, and done once, however often it is replayed. In a step
they are durable on return, and stand in the run's log where the run takes note of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from .client import client_here
from .context import StepContext, current_run, current_step
from .limits import check_attribute_count, check_attributes


async def set_attributes(mapping: Mapping[str, str | None] | None = None, /, **more: str | None) -> None:
    """Set attributes of the run, from a mapping, keywords, or both; None removes one.

    Raises AttributeLimitError for more than 64 keys, a key of more than 256 characters or a value of more than 256
    bytes; nothing is set then. RuntimeError outside a workflow or step.
    """
    changes = {**(mapping or {}), **more}
    check_attributes(changes)
    flow = current_run.get()
    if flow is not None:
        flow.attributes.change(changes)
        return
    step = current_step.get()
    if step is None:
        raise RuntimeError("set_attributes() was called outside a workflow; start_options(attributes=...) sets them")
    await _post(step, changes)


async def remove_attributes(*keys: str) -> None:
    """Remove attributes of the run; those that it doesn't have don't matter."""
    await set_attributes(dict.fromkeys(keys))


async def _post(step: StepContext, changes: dict[str, str | None]) -> None:
    client = client_here()
    has = await client.store.attributes(step.run_id)
    removed = {key for key, value in changes.items() if value is None}
    check_attribute_count(len((has.keys() | changes.keys()) - removed))
    await client.set_attributes(step.run_id, changes, {"stepId": step.step_id, "attempt": step.attempt})
