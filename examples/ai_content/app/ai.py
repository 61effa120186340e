"""A stand-in for an AI provider: the same prompt always gives the same text, without key or network.

To use a real provider, give these functions a client; nothing else in the project changes.
"""


async def ai_generate(*, prompt: str) -> str:
    """Answer `prompt` with a short text about what it asks for."""
    topic = prompt.removeprefix("Write a blog post about ")
    return (
        f"# {topic.capitalize()}\n\n"
        f"Everybody needs {topic} sooner or later, mostly at three in the morning. "
        f"This post shows what {topic} is, when to use it, and what to leave alone."
    )


async def ai_summarize(*, text: str) -> str:
    """Shorten `text` to its heading and its length."""
    heading = text.splitlines()[0].removeprefix("# ")
    return f"{heading}, in {len(text.split())} words."


async def ai_revise(*, text: str, notes: str | None) -> str:
    """Rewrite `text` with the editor's notes in mind."""
    return f"{text}\n\n(Revised: {notes or 'tightened throughout'}.)"
