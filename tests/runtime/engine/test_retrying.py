"""A failed run goes on: from where, with which attempts, and nothing is done twice. See also `test_taking_up.py`."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

import wfc
from tests.runtime.engine.programs import interpreter, random_program
from tests.runtime.engine.test_hot_and_replay import choose, compare
from tests.runtime.memory_run import SECOND, MemoryRun, let_go, work
from wfc import flow as _flow
from wfc.effective import effective
from wfc.engine.deliveries import Delivery, StepSucceeded
from wfc.engine.reopening import find_cut


class DeclinedError(Exception):
    """What a step raises here."""


async def in_sequence() -> list[Any]:
    return [await work("a"), await work("b"), await work("c")]


def failed_at_b(**options: Any) -> MemoryRun:
    run = MemoryRun(in_sequence, **options).begin()
    run.succeed("a")
    run.fail(DeclinedError("no"))
    while not run.ended:
        run.now += 10 * SECOND
        run.take()
        run.fail(DeclinedError("no"))
    return run


def test_the_failed_step_is_tried_again() -> None:
    """The cut is just before its failure; it keeps its id, and what had completed isn't done again."""
    run = failed_at_b()
    (_, before) = (event.call_id for event in run.log if event.type == "step_created")
    cut = run.retry()
    assert (cut.step, cut.done) == ("work", ())
    assert run.log[cut.seq].type == "step_failed"
    assert [step.call_id for step in run.running] == [before]
    run.succeed("b")
    run.succeed("c")
    assert run.result == ["a", "b", "c"]
    assert [event.seq for event in run.log] == list(range(1, len(run.log) + 1))
    compare(run)


def test_a_retry_can_fail_and_be_retried() -> None:
    """Each retry goes back to the same step, as often as it takes."""
    run = failed_at_b()
    for _ in range(3):
        run.retry()
        run.fail(DeclinedError("again"))
        assert run.state.run.status == "failed"
        compare(run)
    run.retry()
    run.succeed("b")
    run.succeed("c")
    assert run.result == ["a", "b", "c"]
    assert run.types.count("run_reopened") == 4


def test_all_attempts_are_there_again() -> None:
    """What was spent before the retry is forgiven; attempts go on being counted, so that no two are alike."""
    run = failed_at_b(max_retries=2)
    started = [event.data["attempt"] for event in run.log if event.type == "step_started"]
    assert started == [1, 1, 2, 3]
    run.retry()
    for _ in range(2):
        run.fail(DeclinedError("still"))
        compare(run)
        assert run.log[-1].type == "step_retrying"
        run.now = max(step.available_at for step in run.state.steps.values())
        run.take()
    run.fail(DeclinedError("for good"))
    assert run.log[-1].type == "run_failed"
    assert [event.data["attempt"] for event in run.log if event.type == "step_started"][4:] == [4, 5, 6]
    waited = [int(event.data["retryAfter"] or 0) - event.at for event in run.log if event.type == "step_retrying"]
    assert waited == [SECOND, 2 * SECOND, SECOND, 2 * SECOND]


async def wrapped() -> None:
    try:
        await work("charge")
    except DeclinedError as error:
        if not _flow.run().live:
            raise
        raise RuntimeError("gave up") from error


async def in_the_handler() -> None:
    try:
        await work("charge")
    except DeclinedError:
        if not _flow.run().live:
            raise
        raise KeyError("careless") from None


async def in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        for tag in "abc":
            group.create_task(work(tag))


async def all_in_one_group() -> None:
    found = await asyncio.gather(work("a"), work("b"), return_exceptions=True)
    raise ExceptionGroup("all", [one for one in reversed(found) if isinstance(one, Exception)])


async def kept_for_later() -> None:
    found = await asyncio.gather(work("a"), work("b"), work("c"), return_exceptions=True)
    for one in found:
        if isinstance(one, Exception):
            raise one


async def in_the_clean_up() -> None:
    try:
        await work("charge")
    except DeclinedError:
        if not _flow.run().live:
            raise
        await work("refund")


@pytest.mark.parametrize(
    ("workflow", "again"),
    [
        (wrapped, "charge"),
        (in_the_handler, "charge"),
        (in_a_group, "a"),
        (all_in_one_group, "a"),
        (kept_for_later, "a"),
        (in_the_clean_up, "refund"),
    ],
)
def test_the_error_leads_back_to_its_step(workflow: Any, again: str) -> None:
    """Through causes, contexts and groups; a clean-up step that fails is the one that is tried again."""
    run = MemoryRun(workflow).begin()
    while not run.ended:
        run.fail(DeclinedError("no"))
    run.retry()
    assert run.argument(run.running[0]) == again
    compare(run)


async def careless_handler() -> None:
    try:
        await work("charge")
    except DeclinedError:
        if not _flow.run().live:
            raise
        await work("look")
        raise KeyError("careless") from None


def test_an_error_of_the_handler_leads_back_to_what_it_handled() -> None:
    """Also when the handler has done something in between, and hides what it handled."""
    run = MemoryRun(careless_handler).begin()
    run.fail(DeclinedError("no"))
    run.succeed()
    cut = find_cut(run.log)
    assert (cut.step, cut.done) == ("work", ("step work",))
    assert cut.dropped[0].type == "step_failed"


def test_a_clock_that_goes_back_is_no_trouble() -> None:
    """The retry comes after what it cuts off, in the log's own time."""
    run = failed_at_b()
    run.now -= 3600 * SECOND
    run.retry()
    times = [event.at for event in run.log]
    assert times == sorted(times)


def test_steps_that_ran_beside_keep_their_results() -> None:
    """Of a fan-out, those that completed after the failure are not run again, and their attributes stay."""
    run = MemoryRun(kept_for_later).begin()
    a, b, c = run.running
    run.take(run.success(a, "a"))
    run.take(run.failure(b, DeclinedError("no")))
    run.take(run.arrival("attributes", data={"stepId": c.call_id, "attempt": 1}, payload={"by": "c"}))
    run.take(run.success(c, "c"))
    with pytest.raises(DeclinedError):
        _ = run.result
    run.now += 3600 * SECOND
    run.retry()
    assert [step.call_id for step in run.running] == [b.call_id]
    compare(run)
    run.succeed("b")
    assert run.result is None
    ends = Counter(e.call_id for e in effective(run.log) if e.type in ("step_completed", "step_failed"))
    assert set(ends.values()) == {1}
    attributes = [e for e in effective(run.log) if e.type == "attr_set"]
    assert [e.data["writer"] for e in attributes] == ["step"]


async def compensates() -> None:
    try:
        await work("charge")
    except DeclinedError:
        if not _flow.run().live:
            raise
        await work("refund")
        raise


def test_what_was_done_since_the_failure_is_named() -> None:
    """A compensation that has completed stays done: whoever retries has to know."""
    run = MemoryRun(compensates).begin()
    run.fail(DeclinedError("no"))
    run.succeed()
    assert find_cut(run.log).done == ("step work",)
    run.retry(force=True)
    assert run.argument(run.running[0]) == "charge"
    compare(run)


async def raises_by_itself(n: int) -> str:
    found = await work("a")
    return str(found[n])


async def mended(n: int) -> str:
    found = await work("a")
    return str(found.get(n, "none"))


def test_a_workflow_that_raised_gets_its_last_event_again() -> None:
    """The step's result stands: it isn't run again, and the mended workflow takes it."""
    run = MemoryRun(raises_by_itself, 7).begin()
    run.succeed({})
    assert run.state.run.status == "failed"
    assert find_cut(run.log).step is None
    run.retry(flow=mended)
    assert run.result == "none"
    assert run.types.count("step_started") == 1
    compare(run)


async def raises_at_once() -> None:
    raise ValueError("at once")


async def returns_at_once() -> str:
    return "fine"


def test_a_workflow_that_raised_at_once_begins_again() -> None:
    """The run is pending then, and starts."""
    run = MemoryRun(raises_at_once).begin()
    run.retry(flow=returns_at_once)
    assert run.result == "fine"
    assert run.types == ["run_started", "run_failed", "run_reopened", "run_started", "run_completed"]


async def two_at_once() -> list[Any]:
    return list(await asyncio.gather(work("a"), work("b")))


def test_a_step_that_rests_is_started_at_once() -> None:
    """The pause before its next attempt is over with the retry, and the attempts before it are forgiven."""
    run = MemoryRun(two_at_once, max_retries=1).begin()
    a, b = run.running
    run.take(run.failure(a, DeclinedError("no")), run.failure(b, DeclinedError("no"), fatal=True))
    assert run.ended
    run.retry()
    assert [step.call_id for step in run.running] == [a.call_id, b.call_id]
    compare(run)
    run.fail(DeclinedError("no"))
    assert not run.ended


async def starts_a_child_then() -> None:
    try:
        await work("a")
    except DeclinedError:
        if not _flow.run().live:
            raise
        await wfc.start(child)
        raise


@wfc.Workflows().workflow
async def child() -> None:
    """Stand for the workflow of a child run."""


def test_a_child_that_was_started_since_is_named() -> None:
    """Another one would be started, so that it has to be accepted as a completed step has."""
    run = MemoryRun(starts_a_child_then).begin()
    run.fail(DeclinedError("no"))
    (named,) = find_cut(run.log).done
    assert named.startswith("run wrun_")
    assert named.endswith("of child")


async def cleans_up_badly() -> None:
    try:
        await wfc.sleep(60)
    finally:
        if _flow.run().live:
            await work("clean")


def test_a_cancelled_run_whose_clean_up_failed_cleans_up_again() -> None:
    """The cancellation came before the failure, so it stands: the run ends cancelled."""
    run = MemoryRun(cleans_up_badly).begin()
    run.cancel("enough")
    run.fail(DeclinedError("no"))
    assert run.state.run.status == "failed"
    run.retry()
    assert run.argument(run.running[0]) == "clean"
    run.succeed()
    assert run.types[-1] == "run_cancelled"
    compare(run)


async def handles_it() -> None:
    try:
        await work("a")
    except DeclinedError:
        if not _flow.run().live:
            raise
    raise LookupError("later")


def test_a_failure_that_the_workflow_has_handled_is_not_the_cause() -> None:
    """The workflow raised in the turn of that failure, but not because of it: the step is tried again all the same."""
    run = MemoryRun(handles_it).begin()
    run.fail(DeclinedError("no"))
    cut = find_cut(run.log)
    assert cut.step == "work"
    assert "failedSteps" not in run.log[-1].data


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_retried_runs_replay_as_they_ran(start: int) -> None:
    """Random programs whose steps fail, retried whenever the run does: after every transition a replay is the same."""
    retried = ended = 0
    for seed in range(start, start + 40):
        draw = random.Random(seed)
        run = MemoryRun(interpreter(random_program(seed)), max_retries=draw.randint(0, 1)).begin()
        for _ in range(60):
            compare(run)
            if run.state.run.status == "failed" and draw.random() < 0.9:
                run.now += draw.choice([1, SECOND, 3600 * SECOND])
                run.retry(force=True)
                retried += 1
                continue
            if run.ended:
                ended += 1
                break
            deliveries = choose(run, draw)
            if not deliveries:
                break
            run.take(*(often_failing(run, delivery, draw) for delivery in deliveries))
        assert_nothing_twice(run)
        let_go()
    assert retried > 20, "next to nothing was retried"
    assert ended > 20


def often_failing(run: MemoryRun, delivery: Delivery, draw: random.Random) -> Delivery:
    """Turn half of the successes into failures; the programs count on some steps."""
    if not isinstance(delivery, StepSucceeded) or draw.random() < 0.5:
        return delivery
    step = run.state.steps[delivery.call_id]
    return delivery if "quick" in run.argument(step) else run.failure(step, DeclinedError(step.call_id))


def assert_nothing_twice(run: MemoryRun) -> None:
    """Of the events that count, each step has one end at most, and numbers have no gap."""
    assert [event.seq for event in run.log] == list(range(1, len(run.log) + 1))
    ends = Counter(e.call_id for e in effective(run.log) if e.type in ("step_completed", "step_failed"))
    assert set(ends.values()) <= {1}
