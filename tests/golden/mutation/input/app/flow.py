from app.steps import dump, render
from app.workflow import wf


@wf.workflow
async def publish(*, value: str) -> list[str]:
    return [await render(value=value, name="html"), await dump(value=value)]
