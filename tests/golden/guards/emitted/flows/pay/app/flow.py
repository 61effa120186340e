from wfc import flow as _flow

import asyncio
import contextlib

import wfc as workflow
from wfc import FatalError

from .errors import PaymentError
from .steps import charge, notify
from .workflow import wf


@contextlib.asynccontextmanager
async def audited(name):
    """The docstring stays first."""
    _wfc_run = _flow.run()
    try:
        yield name
    finally:
        if _wfc_run.live:
            await notify(text=f"left {name}")


class Ledger:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        _wfc_run = _flow.run()
        with _flow.cm(_wfc_run, contextlib.suppress(ValueError)): self.entries.remove("open")

    async def lines(self):
        _wfc_run = _flow.run()
        try:
            for entry in self.entries:
                yield entry
        except GeneratorExit:
            if not _wfc_run.live:
                raise
            raise
        finally:  # whatever happens
            if _wfc_run.live:
                # the ledger is closed
                self.entries.clear()


@wf.workflow
async def pay(*, amount: int) -> str:
    _wfc_run = _flow.run()
    async with _flow.cm(_wfc_run, audited("pay")) as name, _flow.cm(_wfc_run, asyncio.timeout(60)):
        try:
            result = await _flow.wait_for(charge(amount=amount), 5)
        except (_flow.fatal(FatalError), TimeoutError):
            if not _wfc_run.live:
                raise
            result = "gave up"
        except PaymentError as error:
            if not _wfc_run.live:
                raise
            _flow.print("declined", error)
            raise
        else:
            result += "!"
        finally:
            if _wfc_run.live:
                await notify()
    with (
        _flow.cm(_wfc_run, Ledger()) as ledger,
        _flow.cm(_wfc_run, _flow.ExitStack()) as stack,
    ):
        stack.callback(_flow.print, "bye")
        async for line in ledger.lines():
            await workflow.sleep("1s")
    return result
