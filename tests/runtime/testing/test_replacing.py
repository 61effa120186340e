"""Steps that a test replaces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

import wfc
from lab.flows import weigh, weigh_exactly
from lab.samples import BrokenScaleError, Reading, Sample
from lab.steps import archive, calibrate, measure
from wfc.testing import Environment

IRON = Sample(name="iron")


async def measured(sample: Sample, *, times: int) -> Reading:
    await asyncio.sleep(3600)
    return Reading(sample.name, 5.0 * times)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "async": measured,
    "lambda": lambda sample, times: Reading(sample.name, 5.0 * times),
    "options": lambda sample, *, times=1: Reading(sample.name, 5.0 * times),
    "names": lambda thing, **options: Reading(thing.name, 5.0 * options["times"]),
    "mock": Mock(return_value=Reading("iron", 10.0)),
    "async mock": AsyncMock(return_value=Reading("iron", 10.0)),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_step_is_replaced(env: Environment, function: str) -> None:
    """By any function that takes what the step takes."""
    replaced = env.replace(measure, FUNCTIONS[function])
    assert env.run(weigh, IRON) == "iron=10"
    assert replaced.calls == [{"sample": IRON, "times": 2}]


@pytest.mark.parametrize("step", ["measure", "lab.steps:measure", "step//lab.steps//measure"])
def test_a_step_is_named(env: Environment, step: str) -> None:
    """By its id, by its module and name, or by its name alone; values are then of the route's own classes."""
    replaced = env.replace(step, measured)
    assert env.run(weigh, IRON) == "iron=10"
    assert (replaced.count, replaced.calls[0]["times"], replaced.calls[0]["sample"].name) == (1, 2, "iron")


def test_a_replacement_gets_the_tests_own_classes(env: Environment) -> None:
    """What crosses the codec arrives as what the test has imported, equal to what it sent."""
    replaced = env.replace(measure, returns=Reading("x", 1.0))
    env.run(weigh, IRON)
    assert replaced.calls == [{"sample": IRON, "times": 2}]
    assert type(replaced.calls[0]["sample"]) is Sample
    assert replaced.calls[0]["sample"] is not IRON


def test_a_replacement_may_raise(env: Environment) -> None:
    """The workflow catches what it would catch from the step, after as many attempts."""
    replaced = env.replace(calibrate, raises=BrokenScaleError("bent"))
    assert env.run(weigh_exactly, 1.0) == "broken: bent"
    assert replaced.count == 3
    env.replace(calibrate, raises=wfc.FatalError)
    with pytest.raises(wfc.WorkflowRunFailedError):
        env.run(weigh_exactly, 1.0)


def test_the_steps_timeout_holds(env: Environment) -> None:
    """An attempt that takes too long is cut off, in virtual time."""
    stages = iter([3600, 0])

    async def calibrated(offset: float) -> float:
        await asyncio.sleep(next(stages))
        return offset

    replaced = env.replace(calibrate, calibrated)
    assert env.run(weigh_exactly, 1.0) == "offset 1.0"
    assert replaced.count == 2


def test_a_replacement_is_undone(env: Environment) -> None:
    """The next one wins; once undone, the step's own body is back."""
    first = env.replace(archive, returns="first")
    second = env.replace(archive, returns="second")
    assert env.run(weigh, IRON) == "second"
    first.undo()
    assert env.run(weigh, IRON) == "second"
    second.undo()
    assert env.run(weigh, IRON) == "iron=2"
    assert (first.count, second.count) == (0, 2)


def test_metadata_is_the_attempts(env: Environment) -> None:
    """get_step_metadata() works in a replacement."""
    env.replace(archive, lambda reading: wfc.get_step_metadata().step_name)
    assert env.run(weigh, IRON).endswith("archive")


def test_a_step_is_called_directly() -> None:
    """Outside of a workflow each form of a step is an awaitable function that runs its body, without retries."""
    assert asyncio.run(archive(Reading("iron", 2.0))) == "iron=2"
    assert archive.func(Reading("iron", 2.0)) == "iron=2"
    assert asyncio.run(measure(IRON, times=0)) == Reading("iron", 0.0)


def test_a_step_with_options_is_called_directly() -> None:
    """Its timeout and retries are the engine's; without a worker there is no metadata."""
    with pytest.raises(RuntimeError, match="get_step_metadata"):
        asyncio.run(calibrate(1.0))
