from .workflow import wf


@wf.step(max_retries=0)
async def charge(*, amount: int) -> str:
    """Take the money."""


@wf.step
def notify(text: str = "hello") -> None: ...
