async def ai_summarize(*, text: str) -> str:
    """Shorten `text` to its heading and its length."""
    heading = text.splitlines()[0].removeprefix("# ")
    return f"{heading}, in {len(text.split())} words."
