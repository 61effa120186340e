"""Read the graph of a workflow from its source.

In: a workflow. Out: its `Graph`. First-party functions that it calls are looked into, so a step that a
helper calls is in the graph; code without durable calls leaves no trace.

    if urgent: await page(x)          start -> urgent? -true-> page -> end
    else: await mail(x)                              -false-> mail -> end

`statements` and `expressions` walk the code in the order in which it runs; `walker` is what they share.
"""

from __future__ import annotations

from ..discover import Program, WorkflowDef
from ..syntax import WALK_LIMIT, recursion_limit
from .drawing import join, labelled
from .expressions import evaluate
from .invoke import enter
from .items import Arguments, Closure
from .prune import finish
from .statements import walk_statements
from .tasks import join_tasks
from .values import Graph
from .walker import Code, Walker


def workflow_graph(program: Program, workflow: WorkflowDef) -> Graph:
    """Return the graph of a workflow."""
    module = program.modules[workflow.module]
    walker = Walker.start(program, module, Code(walk_statements, evaluate))
    drawing = walker.drawing
    drawing.add("workflowStart", f"Start: {workflow.name}")
    with recursion_limit(WALK_LIMIT):
        enter(walker, Closure(module, workflow.node), Arguments())
        join_tasks(walker, list(walker.tasks), settles=True, first=True)
    for name, pen in walker.frames.uncaught:
        walker.pen = join(walker.pen, labelled(pen, f"raise {name.rpartition('.')[2]}" if name else "raise"))
    drawing.close("workflowEnd", "Return")
    return finish(drawing)
