from ..models import Shelf
from ..workflow import wf


@wf.step
async def count_titles(*, titles: list[str]) -> int:
    return len(Shelf.fromkeys(titles))
