import acme

from .workflow import wf


@wf.step
async def ask(supplier: str) -> int:
    return int(acme.ask(supplier))
