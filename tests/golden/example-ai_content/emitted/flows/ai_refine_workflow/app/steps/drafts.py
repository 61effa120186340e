from ..workflow import wf


@wf.step
async def fetch_draft(draft_id: str) -> str:
    """Return a stored draft. One that doesn't exist won't exist on a retry either."""


@wf.step
async def refine_draft(draft: str, notes: str | None = None) -> str:
    """Return the draft, revised."""
