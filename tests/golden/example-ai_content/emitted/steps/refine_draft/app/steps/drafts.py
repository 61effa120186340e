from ..ai import ai_revise
from ..workflow import wf


@wf.step
async def refine_draft(draft: str, notes: str | None = None) -> str:
    """Return the draft, revised."""
    return await ai_revise(text=draft, notes=notes)
