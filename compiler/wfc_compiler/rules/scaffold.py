"""The program around an example: a hook, a step, and a workflow or step with the given body.

In: a body. Out: the text of `app.py`, for the examples of rules.
"""

from __future__ import annotations

_START = """
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Answer(pydantic.BaseModel, workflow.BaseHook):
    yes: bool

@wf.step
async def charge(amount: int = 1) -> str: ...
"""


def in_flow(body: str) -> str:
    """Return a program whose workflow has the body."""
    return f"{_START}\n@wf.workflow\nasync def order(name: str):\n    {body}\n"


def in_asyncio(body: str) -> str:
    """Return a program whose workflow has the body and may use asyncio."""
    return "import asyncio\n" + in_flow(body)


def in_step(body: str) -> str:
    """Return a program with a step that has the body."""
    return f"{_START}\n@wf.step\nasync def work(name: str):\n    {body}\n"
