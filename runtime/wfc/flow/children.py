"""The flow's end of other runs: start one, ask how it is or what came of it, end it.

Comes in: what the workflow's code asks for, and the events that answer. A child's id and seed are made from the run's
own, so that starting one needs no answer; only where the caller chose the id or an idempotency key may another run be
found there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from ..children import ChildOptions, RunEnd
from ..errors import EntityConflictError
from ..ids import derived_run_id
from .commands import AskRun, EndRun, StartChild

if TYPE_CHECKING:
    from ..model import Event
    from .flowrun import FlowRun


class Children:
    """What a flow asks of other runs; `awaited` says that an answer could still wake it."""

    def __init__(self, flow: FlowRun) -> None:
        self._flow = flow
        self._answers: dict[str, asyncio.Future[Event]] = {}
        self._asked: dict[str, StartChild | AskRun] = {}

    @property
    def unanswered(self) -> list[StartChild | AskRun]:
        """What was asked and has got no answer yet, in the order of asking."""
        return [*self._asked.values()]

    @property
    def awaited(self) -> bool:
        """Does anybody wait for an answer?"""
        return any(not future.done() for future in self._answers.values())

    async def start(self, workflow_id: str, encoded: bytes, options: ChildOptions) -> str:
        """Start a run and return its id.

        EntityConflictError where the run that has the chosen id or key has another workflow or other arguments.
        """
        flow = self._flow
        chosen = options.run_id is not None or options.idempotency_key is not None
        id_ = flow.new_id("child")
        run_id = options.run_id or derived_run_id(flow.clock_us, flow.draws.digest(f"run:{id_}", 10))
        command = StartChild(
            id_,
            run_id,
            workflow_id,
            encoded,
            flow.draws.digest(f"seed:{id_}", 32),
            options.idempotency_key,
            options.attributes or {},
            chosen,
        )
        if not chosen and flow.live:
            flow.issue(command)
            return run_id
        answer = await self._ask(id_, command)
        conflict = answer.data.get("conflict")
        found = str(answer.data["childRunId"])
        if conflict is not None:
            raise EntityConflictError(f"run {found!r} exists with {conflict}; choose another id or key")
        return found

    async def status(self, run_id: str) -> str | None:
        """Return the status of a run, None where there is no such run."""
        id_ = self._flow.new_id("child")
        answer = await self._ask(id_, AskRun(id_, run_id, "status"))
        status = answer.data.get("status")
        return status if isinstance(status, str) else None

    async def end(self, run_id: str) -> RunEnd | None:
        """Wait until a run has ended; None where there is no such run."""
        id_ = self._flow.new_id("child")
        answer = await self._ask(id_, AskRun(id_, run_id, "end"))
        status, reason = answer.data.get("status"), answer.data.get("reason")
        if not isinstance(status, str):
            return None
        return RunEnd(status, answer.payload, reason if isinstance(reason, str) else None)

    def end_run(self, run_id: str, kind: Literal["cancel", "terminate"], reason: str | None) -> None:
        """Ask another run to end, with the commit of this turn. A run that has ended takes no notice."""
        if self._flow.live:
            self._flow.issue(EndRun(run_id, kind, reason))

    def answer(self, event: Event) -> None:
        """Take an answer that was delivered to the run."""
        self._asked.pop(event.call_id or "", None)
        future = self._answers.pop(event.call_id or "", None)
        if future is not None and not future.done():
            future.set_result(event)

    async def _ask(self, id_: str, command: StartChild | AskRun) -> Any:
        future: asyncio.Future[Event] = self._flow.loop.create_future()
        if self._flow.live:
            self._answers[id_] = future
            self._asked[id_] = command
            self._flow.issue(command)
        return await future
