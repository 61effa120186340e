from app import steps
from app.steps import write
from app.workflow import wf


@wf.workflow
async def library(*, author: str) -> int:
    titles = [await write(author=author, title=f"Volume {number}") for number in range(3)]
    return await steps.count_titles(titles=titles)
