from ..models import Author
from ..workflow import wf


@wf.step
async def write_book(*, author: str, title: str) -> str:
    return Author(author).write(title).title
