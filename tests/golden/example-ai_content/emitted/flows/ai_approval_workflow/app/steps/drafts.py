from ..workflow import wf


@wf.step
async def refine_draft(draft: str, notes: str | None = None) -> str:
    """Return the draft, revised."""


@wf.step
async def publish_draft(draft: str) -> str:
    """Publish the draft and return its address."""
