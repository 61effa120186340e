"""The steps of the corpus. `note` is what an ordinary library would be: it is not compiled."""

from dataclasses import dataclass

from tests.e2e.suspension.notes import note, perform, perform_carefully

import wfc

__all__ = ["Ping", "careful", "child", "note", "wf", "work"]

wf = wfc.Workflows()


@wf.step(max_retries=0)
async def work(tag: str) -> str:
    """Do something durable; the test says when it ends, and how."""
    return await perform(tag)


@wf.step(max_retries=0, cancellable=True)
async def careful(tag: str) -> str:
    """Do something durable that can be told to stop."""
    return await perform_carefully(tag)


@wf.workflow
async def child(tag: str = "child") -> str:
    """Be started by others; the test says when it ends."""
    return await work(tag)


@dataclass
class Ping(wfc.BaseHook):
    n: int
