"""The steps around a draft that the page calls and doesn't show: fetch, refine, publish."""

from vercel import workflow

from app.ai import ai_revise
from app.archive import DRAFTS
from app.workflow import wf


@wf.step
async def fetch_draft(draft_id: str) -> str:
    """Return a stored draft. One that doesn't exist won't exist on a retry either."""
    if draft_id not in DRAFTS:
        raise workflow.FatalError(f"there is no draft {draft_id!r}, only {', '.join(sorted(DRAFTS))}")
    return DRAFTS[draft_id]


@wf.step
async def refine_draft(draft: str, notes: str | None = None) -> str:
    """Return the draft, revised."""
    return await ai_revise(text=draft, notes=notes)


@wf.step
async def publish_draft(draft: str) -> str:
    """Publish the draft and return its address."""
    slug = "-".join(draft.splitlines()[0].lower().removeprefix("# ").split())
    print(f"published {slug} ({len(draft.split())} words)")
    return f"https://blog.example/{slug}"
