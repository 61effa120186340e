from ..workflow import wf
from ..ai import ai_generate

@wf.step
async def generate_draft(*, topic: str):
    return await ai_generate(prompt=f"Write a blog post about {topic}")
