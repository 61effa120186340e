from ..workflow import wf


@wf.step
async def publish_draft(draft: str) -> str:
    """Publish the draft and return its address."""
    slug = "-".join(draft.splitlines()[0].lower().removeprefix("# ").split())
    print(f"published {slug} ({len(draft.split())} words)")
    return f"https://blog.example/{slug}"
