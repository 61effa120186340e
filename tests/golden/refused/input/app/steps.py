from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from app.a import early
from app.workflow import wf

if TYPE_CHECKING:
    from decimal import Decimal


@wf.step
async def load(*, name: str) -> str:
    return importlib.import_module(f"app.plugins.{name}").NAME


@wf.step
async def price(*, amount: Decimal) -> str:
    return str(amount)


@wf.step
async def circle() -> None:
    early()
