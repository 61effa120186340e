"""What a run waits for, in words that tell a test's author what to do about it."""

from __future__ import annotations

from datetime import timedelta

from ..client import Client
from ..codec import to_plain
from ..codec.exceptions import describe_exception
from ..history import describe_steps
from ..ids import short_name
from ..model import Event, Run
from ..store.protocol import RunQuery

_LISTED = 20


async def describe_waiting(client: Client, run: Run, now_us: int) -> str:
    """Say how a run stands, and what could move it on."""
    head = f"run {run.run_id} of {short_name(run.workflow_id)}"
    if run.blocked is not None:
        return f"{head} can't be continued: {run.blocked}"
    if run.status == "failed":
        error = describe_exception(run.error or b"")
        return f"{head} has failed: {error['type']}: {error['message']}"
    if run.is_terminal:
        return f"{head} has {'ended: it was cancelled' if run.status == 'cancelled' else 'completed'}"
    found = await _reasons(client, run, now_us)
    if not found:
        return f"{head} is {run.status}, and waits for nothing that wfc knows of"
    return "\n  ".join([f"{head} waits for", *(f"- {reason}" for reason in found)])


async def describe_all(client: Client, now_us: int) -> str:
    """Say how each run that hasn't ended stands."""
    runs = await client.store.runs(RunQuery(limit=1_000))
    live = [run for run in reversed(runs) if not run.is_terminal][:_LISTED]
    if not live:
        return f"all {len(runs)} runs have ended" if runs else "no run was started"
    return "\n".join([await describe_waiting(client, run, now_us) for run in live])


async def _reasons(client: Client, run: Run, now_us: int) -> list[str]:
    store = client.store
    events = await store.events(run.run_id)
    found = [_of_step(step) for step in describe_steps(events) if step["status"] in ("pending", "running")]
    for hook in await store.hooks(run.run_id):
        name = hook.hook_class.rpartition(":")[2].rpartition(".")[2]
        found.append(f"a payload of the hook {name}: resume({hook.token!r}, {name}(...))")
    for timer in await store.timers(run.run_id):
        left = timedelta(microseconds=max(0, timer.due_at - run.clock_offset - now_us))
        found.append(f"a timer that is due in {left}: advance(...)")
    found += [f"the end of its child run {child} ({status})" for child, status in await _children(client, events)]
    return found


def _of_step(step: dict[str, object]) -> str:
    error = step.get("error")
    failed = f", the last one failed with {error['type']}: {error['message']}" if isinstance(error, dict) else ""
    return f"the step {step['name']}, after {step['attempt']} attempts{failed}"


async def _children(client: Client, events: list[Event]) -> list[tuple[str, str]]:
    """Return the child runs that haven't ended, with their status."""
    ids = [str(event.data["childRunId"]) for event in events if event.type == "child_started"]
    children = [await client.store.run(run_id) for run_id in ids]
    return [(child.run_id, child.status) for child in children if not child.is_terminal]


def timeline(events: list[Event]) -> str:
    """Return a run's log, a line for each event, with the time since its start."""
    start = events[0].at if events else 0
    return "\n".join(
        f"{event.seq:4}  +{timedelta(microseconds=event.at - start)}  {event.type:15} {_subject(event)}".rstrip()
        for event in events
    )


def _subject(event: Event) -> str:
    name = str(event.data.get("stepName") or event.data.get("token") or event.data.get("workflowName") or "")
    shown = [event.call_id or "", short_name(name) if "//" in name else name]
    if event.type in ("step_completed", "run_completed", "hook_received"):
        shown.append(repr(to_plain(event.payload or b"null"))[:80])
    return " ".join(filter(None, shown))
