"""What a workflow leaves behind when it has returned: tasks that go on, generators that are open.

Comes in: the run's loop. Goes out: whether anything still cleans up. It is done as `asyncio.run` does it: each task is
cancelled once, and what a task starts while it cleans up is its own and is not cancelled with it.
"""

from __future__ import annotations

from contextvars import Context
from typing import Any

from .loop import FlowLoop, FlowTask


def left_behind(loop: FlowLoop, context: Context, told: set[FlowTask[Any]]) -> list[FlowTask[Any]]:
    """Cancel each task that is left, once; when they have ended, close generators; return what still cleans up.

    `told` holds the tasks that were told to leave by earlier calls, and is added to; `context` is the workflow's own.
    """
    while True:
        left = loop.unfinished()
        if not told.isdisjoint(left):
            return left
        generators = [] if left else loop.open_asyncgens()
        if not left and not generators and loop.is_idle:
            return left
        for task in left:
            task.cancel()
        closing = [loop.create_task(generator.aclose(), context=context.copy()) for generator in generators]
        told.update(left, closing)  # closing is itself leaving: nobody cancels it
        loop.run_to_idle()
