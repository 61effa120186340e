"""Every kind of block that runs on the way out."""

import asyncio
import contextlib

from vercel import workflow
from vercel.workflow import FatalError

from app.errors import PaymentError
from app.steps import charge, notify
from app.workflow import wf


@contextlib.asynccontextmanager
async def audited(name):
    """The docstring stays first."""
    try:
        yield name
    finally: await notify(text=f"left {name}")


class Ledger:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(ValueError): self.entries.remove("open")

    async def lines(self):
        try:
            for entry in self.entries:
                yield entry
        except GeneratorExit:
            raise
        finally:  # whatever happens
            # the ledger is closed
            self.entries.clear()


@wf.workflow
async def pay(*, amount: int) -> str:
    async with audited("pay") as name, asyncio.timeout(60):
        try:
            result = await asyncio.wait_for(charge(amount=amount), 5)
        except (FatalError, TimeoutError):
            result = "gave up"
        except PaymentError as error:
            print("declined", error)
            raise
        else:
            result += "!"
        finally:
            await notify()
    with (
        Ledger() as ledger,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(print, "bye")
        async for line in ledger.lines():
            await workflow.sleep("1s")
    return result
