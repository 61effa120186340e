"""The one step of the corpus. `note` is what an ordinary library would be: it is not compiled."""

from tests.e2e.suspension.notes import note, perform

import wfc

__all__ = ["note", "wf", "work"]

wf = wfc.Workflows()


@wf.step(max_retries=0)
async def work(tag: str) -> str:
    """Do something durable; the test says when it ends, and how."""
    return await perform(tag)
