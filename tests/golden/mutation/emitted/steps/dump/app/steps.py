from .formats import not_registered
from .workflow import wf


@wf.step
async def dump(*, value: str) -> str:
    return not_registered(value)
