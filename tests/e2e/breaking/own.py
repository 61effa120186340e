"""Programs that show what a rule is about where its examples can't be played, or show only a part.

Each is written as the rules' examples are, and is named `<code>_own_<number>`; its rule is switched off.
"""

from __future__ import annotations

from tests.e2e.breaking.programs import Program
from wfc_compiler.rules import split_example

_TEXTS: dict[str, tuple[str, ...]] = {
    "WFC006": (
        """
        import wfc

        wf = wfc.Workflows()

        def timed(function):
            async def inner(*args):
                return await function(*args)

            return inner

        @wf.step
        @timed
        async def charge(amount: int) -> int:
            return amount

        @wf.workflow
        async def order():
            return await charge(amount=7)
        """,
    ),
    "WFC012": (
        """
        import wfc
        from wfc import slep

        wf = wfc.Workflows()

        @wf.step
        async def work():
            await slep(1)
        """,
        """
        import wfc

        wf = wfc.Workflows()

        @wf.stp
        def charge(): ...

        @wf.step
        def work():
            return charge()
        """,
    ),
    "WFC015": (
        """
        # file: app.py
        import wfc
        from prices import rate

        wf = wfc.Workflows()

        @wf.step
        def work():
            return rate()
        # file: prices.py
        rates = {}
        """,
    ),
    "WFC111": (
        """
        import functools

        import wfc

        wf = wfc.Workflows()

        @functools.cache
        def numbers():
            return []

        @wf.workflow
        async def order():
            numbers().append(1)
            return len(numbers())
        """,
    ),
    "WFC113": (
        """
        import sys

        import wfc

        wf = wfc.Workflows()

        @wf.workflow
        async def order():
            return 'tests.e2e.breaking' in sys.modules, len(sys.modules)
        """,
    ),
    "WFC114": (
        """
        import os

        import wfc

        wf = wfc.Workflows()

        @wf.workflow
        async def order(url: str):
            return getattr(os, url)()
        """,
        """
        import importlib

        import wfc

        wf = wfc.Workflows()

        @wf.workflow
        async def order(url: str):
            return getattr(importlib.import_module('po' + 'six'), url)()
        """,
    ),
    "WFC118": (
        """
        import wfc

        wf = wfc.Workflows()

        class Lease:
            def __del__(self):
                open('gone')

        @wf.workflow
        async def order():
            lease = Lease()
            await wfc.sleep(1)
            del lease
        """,
    ),
    "WFC324": (
        """
        import contextlib
        import io

        import wfc

        wf = wfc.Workflows()

        @wf.step
        async def work() -> None: ...

        @wf.workflow
        async def order():
            with contextlib.redirect_stdout(io.StringIO()) as out:
                print('before')
                await work()
                print('after')
            return out.getvalue()
        """,
    ),
    "WFC318": (
        """
        import wfc

        wf = wfc.Workflows()

        class Answer(wfc.BaseHook):
            yes: bool

        @wf.workflow
        async def order(name: str):
            return (await Answer.wait(token=name)).yes
        """,
    ),
    "WFC403": (
        """
        # file: app.py
        from typing import TYPE_CHECKING

        import wfc

        if TYPE_CHECKING:
            from orders import Order

        wf = wfc.Workflows()

        @wf.step
        def make() -> 'Order':
            from orders import Order
            return Order()

        @wf.step
        def total(order: 'Order') -> int:
            return order.total()

        @wf.workflow
        async def order():
            return await total(await make())
        # file: orders.py
        import pydantic

        class Order(pydantic.BaseModel):
            def total(self):
                return 7
        """,
    ),
    "WFC511": (
        """
        # file: app.py
        import wfc

        from . import prices

        wf = wfc.Workflows()

        @wf.step
        def work():
            return prices.RATE
        # file: prices.py
        RATE = 7
        """,
        """
        # file: shop/__init__.py
        # file: shop/app.py
        import wfc

        from ..prices import RATE

        wf = wfc.Workflows()

        @wf.step
        def work():
            return RATE
        # file: prices.py
        RATE = 7
        """,
    ),
    "WFC409": (
        """
        import wfc

        wf = wfc.Workflows()

        @wf.step
        async def add(cart: list, item: str):
            cart.append(item)

        @wf.workflow
        async def order(cart: list):
            await add(cart, 'tea')
            return cart
        """,
    ),
    "WFC414": (
        """
        import wfc

        wf = wfc.Workflows()

        @wf.step
        async def work(items: list = []):
            items.append(1)
            return len(items)

        @wf.workflow
        async def order():
            return await work()
        """,
    ),
    "WFC505": (
        """
        # file: app.py
        import patch
        import wfc
        from colors import convert

        wf = wfc.Workflows()

        @wf.step
        def work():
            return patch.nothing()

        @wf.workflow
        async def order():
            return [await convert(), await work(), await convert()]
        # file: colors.py
        import colorsys

        import wfc

        wf = wfc.Workflows()

        @wf.step
        def convert():
            return colorsys.rgb_to_yiq(0.5, 0.5, 0.5)
        # file: patch.py
        import colorsys

        def nothing(*rgb):
            return 0

        colorsys.rgb_to_yiq = nothing
        """,
    ),
    "WFC509": (
        """
        # file: app/__init__.py
        # file: app/steps.py
        from pathlib import Path

        import wfc

        wf = wfc.Workflows()

        @wf.step
        def work():
            return (Path(__file__).parents[1] / 'data' / 'price').read_text()
        # file: data/price
        7
        """,
    ),
}


def own_programs() -> list[Program]:
    """Return the programs."""
    return [
        Program(code, "own", number, split_example(text))
        for code, texts in _TEXTS.items()
        for number, text in enumerate(texts)
    ]
