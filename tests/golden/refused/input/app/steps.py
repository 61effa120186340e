from __future__ import annotations

from typing import TYPE_CHECKING

from app.a import early
from app.workflow import wf

if TYPE_CHECKING:
    from decimal import Decimal


@wf.step
async def load(*, name: str) -> str:
    return __import__(f"app.plugins.{name}", fromlist=["NAME"]).NAME


@wf.step
async def price(*, amount: Decimal) -> str:
    return str(amount)


@wf.step
async def circle() -> None:
    early()
