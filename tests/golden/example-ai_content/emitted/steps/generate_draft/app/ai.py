async def ai_generate(*, prompt: str) -> str:
    """Answer `prompt` with a short text about what it asks for."""
    topic = prompt.removeprefix("Write a blog post about ")
    return (
        f"# {topic.capitalize()}\n\n"
        f"Everybody needs {topic} sooner or later, mostly at three in the morning. "
        f"This post shows what {topic} is, when to use it, and what to leave alone."
    )
