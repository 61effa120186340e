"""What the simulated machines work on: random workflows, and a build of them without files.

The workflows are those of `tests/runtime/engine/programs.py`, with child runs, attributes and hooks that several runs
fight for. Bodies take virtual time, fail now and then, and some are deaf to cancellation.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import wfc
from tests.runtime.engine.programs import Interpreter, Node, Payload, random_program
from tests.runtime.memory_run import InlineRoute, careful, work
from wfc import flow as _flow
from wfc.builds import Builds
from wfc.codec import Codec
from wfc.context import current_step
from wfc.manifest import Manifest, RetryPolicy, Route, Source, StepEntry, WorkflowEntry
from wfc.route import StepRoute

BUILD_ID = "simulated"
RETRIES = 3

wf = wfc.Workflows()


@wf.workflow
async def main(program: Any) -> str:
    """Run a program; return a hash of all that it saw."""
    execution = SimulatedInterpreter()
    await execution.run(program)
    return execution.digest


class SimulatedInterpreter(Interpreter):
    """Adds to the programs what takes more than one run."""

    async def _hook(self, number: int) -> None:
        _wfc_run = _flow.run()
        self.hooks += 1
        token = "shared" if number % 7 == 0 else f"{wfc.get_workflow_metadata().run_id}-{self.hooks}"
        try:
            async with _flow.cm(_wfc_run, Payload.wait(token=token)) as hook:
                self.saw((await hook).n)
                if number % 3 == 0:
                    self.saw((await hook).n)
        except wfc.HookConflictError:
            if not _wfc_run.live:
                raise
            self.saw("conflict")

    async def _child(self, program: Any) -> None:
        run = await wfc.start(main, program)
        try:
            self.saw(await run.return_value())
        except (wfc.WorkflowRunFailedError, wfc.WorkflowCancelledError) as error:
            self.saw(type(error).__name__)

    async def _attributes(self, number: int) -> None:
        await wfc.set_attributes({f"k{number % 3}": str(number) if number % 4 else None})


def draw_program(draw: random.Random) -> Node:
    """Draw a program, a few of whose leaves are children and attributes."""
    return _enriched(random_program(draw.randrange(10**6)), draw, children=True)


def _enriched(node: Node, draw: random.Random, *, children: bool) -> Node:
    kind, *rest = node
    if isinstance(rest[0], list):
        return (kind, [_enriched(child, draw, children=children) for child in rest[0]], *rest[1:])
    if children and draw.random() < 0.05:
        return ("child", _enriched(random_program(draw.randrange(10**6)), draw, children=False))
    return ("attributes", rest[0]) if draw.random() < 0.05 else node


class Bodies:
    """The side effects of the simulated world: how often each body ran.

    `calm` ones neither fail nor tarry; once it is `over`, none is deaf.
    """

    def __init__(self, draw: random.Random) -> None:
        self.ran: Counter[tuple[str, str]] = Counter()
        self.calm = False
        self.over = False
        self._draw = draw

    async def run(self, tag: str) -> int:
        """Do what a step does."""
        step = current_step.get()
        assert step is not None
        self.ran[step.run_id, step.step_id] += 1
        draw = self._draw
        deaf, until = draw.random() < 0.1, asyncio.get_running_loop().time() + self._duration()
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                if not deaf or self.over:
                    raise
        if not self.calm and draw.random() < 0.15:
            raise ValueError(tag)
        return draw.randrange(100)

    def _duration(self) -> float:
        kind = self._draw.random()
        if kind < 0.5 or self.calm:
            return 0.0
        return self._draw.uniform(0, 3.0 if kind < 0.9 else 20.0 if kind < 0.98 else 80.0)


class SimulatedStep(StepRoute):
    """A route whose body is one of `Bodies`."""

    def __init__(self, step: wfc.Step[..., Any], bodies: Bodies) -> None:
        self._bind(step, step.id, Codec())
        self._bodies = bodies

    async def _call(self, executor: object, args: Any, kwargs: Any) -> Any:
        return await self._bodies.run(kwargs["tag"])


class SimulatedBuild:
    """What a worker asks of a build."""

    def __init__(self, bodies: Bodies) -> None:
        self.manifest = _manifest()
        self._steps = {step.id: SimulatedStep(step, bodies) for step in (work, careful)}
        self._flow = InlineRoute(main.func)
        self._flow.workflow_id = main.workflow_id

    def flow(self, workflow_id: str) -> InlineRoute:
        assert workflow_id == main.workflow_id
        return self._flow

    def step(self, step_id: str) -> SimulatedStep:
        return self._steps[step_id]


class SimulatedBuilds(Builds):
    """One build, for ever."""

    def __init__(self, build: SimulatedBuild) -> None:
        self._build = build

    def current_id(self) -> str:
        return BUILD_ID

    def has_another_current(self) -> bool:
        return False

    def get(self, build_id: str) -> Any:
        assert build_id == BUILD_ID
        return self._build


def _manifest() -> Manifest:
    lines, route = Source(line=1, end_line=1), Route(path="route.py", sha256="")
    quick = RetryPolicy(initial_seconds=0.5, max_seconds=5.0, jitter=False)
    steps = {
        step.__wrapped__.__name__: StepEntry(
            step_id=step.id, route=route, source=lines, max_retries=RETRIES, retry=quick
        )
        for step in (work, careful)
    }
    flow = WorkflowEntry(workflow_id=main.workflow_id, fingerprint="f", route=route, source=lines)
    return Manifest(
        generator="tests", build_id=BUILD_ID, python="3.11", steps={"s.py": steps}, workflows={"w.py": {"main": flow}}
    )
