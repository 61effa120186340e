from ..workflow import wf


@wf.step
async def write_book(*, author: str, title: str) -> str: ...


@wf.step
async def count_titles(*, titles: list[str]) -> int: ...
