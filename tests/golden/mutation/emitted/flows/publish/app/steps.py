from .workflow import wf


@wf.step
async def render(*, value: str, name: str) -> str: ...


@wf.step
async def dump(*, value: str) -> str: ...
