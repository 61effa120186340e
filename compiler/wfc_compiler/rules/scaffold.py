"""The program around an example: a registry, and a workflow or step with the given body.

In: a body, and what stands above everything. Out: the text of `app.py`, for the examples of rules. `in_*` add a hook
and a step to wait for and to call; `*_with` begin with imports, and add nothing.
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
_BARE = """
from vercel import workflow
wf = workflow.Workflows()
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


def flow_with(imports: str, body: str) -> str:
    """Return a program that begins with the imports, and whose workflow has the body."""
    return f"{imports}{_BARE}\n@wf.workflow\nasync def order(url: str):\n    {body}\n"


def step_with(imports: str, body: str) -> str:
    """Return a program that begins with the imports, with a step that has the body: `async def` where it awaits."""
    keyword = "async def" if "await" in body else "def"
    return f"{imports}{_BARE}\n@wf.step\n{keyword} work(url: str):\n    {body}\n"
