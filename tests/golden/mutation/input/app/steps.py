from app import plugins
from app.formats import FORMATS, LIMITS, not_registered
from app.workflow import wf


@wf.step
async def render(*, value: str, name: str) -> str:
    return FORMATS[name](value)[: LIMITS[name]]


@wf.step
async def dump(*, value: str) -> str:
    return not_registered(value)
