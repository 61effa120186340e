import wfc as workflow
from ..archive import DRAFTS
from ..workflow import wf


@wf.step
async def fetch_draft(draft_id: str) -> str:
    """Return a stored draft. One that doesn't exist won't exist on a retry either."""
    if draft_id not in DRAFTS:
        raise workflow.FatalError(f"there is no draft {draft_id!r}, only {', '.join(sorted(DRAFTS))}")
    return DRAFTS[draft_id]
