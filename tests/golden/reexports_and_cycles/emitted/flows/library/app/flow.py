from . import steps
from .steps import write
from .workflow import wf


@wf.workflow
async def library(*, author: str) -> int:
    titles = [await write(author=author, title=f"Volume {number}") for number in range(3)]
    return await steps.count_titles(titles=titles)
