from . import plugins
from .formats import FORMATS, LIMITS
from .workflow import wf


@wf.step
async def render(*, value: str, name: str) -> str:
    return FORMATS[name](value)[: LIMITS[name]]
