from app.models import Author, Shelf
from app.workflow import wf


@wf.step
async def write_book(*, author: str, title: str) -> str:
    return Author(author).write(title).title


@wf.step
async def count_titles(*, titles: list[str]) -> int:
    return len(Shelf.fromkeys(titles))
