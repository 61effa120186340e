async def ai_revise(*, text: str, notes: str | None) -> str:
    """Rewrite `text` with the editor's notes in mind."""
    return f"{text}\n\n(Revised: {notes or 'tightened throughout'}.)"
