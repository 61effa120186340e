"""A project of n modules as a team would have grown it: models, services, clients, steps and workflows.

Three modules in ten hold a step, one in twenty a workflow; the others hold models and services that
call each other across packages. Modules have some 40 lines and three imports of
their own project; a step reaches about a dozen modules. In: n. Out: files by path.
"""

from collections.abc import Iterator
from string import Template

CONFIG = "[tool.wfc]\n"
_SERVICES = (1, 2, 4, 5, 7, 8, 11, 13, 14, 16, 17)
_AREAS = ("billing", "catalog", "accounts", "shipping", "search", "media", "support", "reports", "risk", "pricing")


def project(n: int) -> dict[str, str]:
    """Return the files of a generated project; the same ones for the same n."""
    return dict(_files(n))


def _files(n: int) -> Iterator[tuple[str, str]]:
    yield "pyproject.toml", CONFIG
    yield "app/__init__.py", '"""A generated shop."""\n'
    yield "app/registry.py", "import wfc\n\nwf = wfc.Workflows()\n"
    for area in _AREAS:
        yield f"app/{area}/__init__.py", f'"""Everything about {area}."""\n'
    steps: list[int] = []
    for number in range(n - len(_AREAS) - 2):
        kind = number % 20
        if kind in (3, 6, 9, 12, 15, 18):
            steps.append(number)
            yield path(number), _step(number)
        elif kind == 19 and steps:
            yield path(number), _workflow(number, steps[-3:])
        elif kind in (0, 10):
            yield path(number), _models(number)
        else:
            yield path(number), _service(number)


def module(number: int) -> str:
    """Return the dotted name of a module."""
    return f"app.{_AREAS[number % 7]}.part_{number}"


def path(number: int) -> str:
    """Return the path of a module."""
    return module(number).replace(".", "/") + ".py"


def _last(number: int, *kinds: int) -> int:
    """Return the nearest module before this one that is of one of the kinds."""
    found = number - 1
    while found % 20 not in kinds:
        found -= 1
    return max(found, 0)


def _models(number: int) -> str:
    return _MODELS.substitute(number=number)


def _service(number: int) -> str:
    models = _last(number, 0, 10) if number else 0
    below = _last(number, *_SERVICES) if number % 10 not in (1, 2) else 0
    return _SERVICE.substitute(
        number=number,
        digit=number % 10,
        models=models,
        models_module=module(models),
        imports=f"from {module(below)} import rate_{below}\n" if below else "",
        rate=f"rate_{below}(value)" if below else "value * 1.5",
    )


def _step(number: int) -> str:
    models, service = _last(number, 0, 10), _last(number, *_SERVICES)
    template = _KEPT_STEP if number % 40 == 3 else _STEP
    return template.substitute(
        number=number,
        retries=number % 5,
        models=models,
        models_module=module(models),
        service=service,
        service_module=module(service),
    )


def _workflow(number: int, steps: list[int]) -> str:
    kinds = {step: _last(step, 0, 10) for step in steps}
    models = kinds[steps[0]]
    others = [kind for kind in dict.fromkeys(kinds.values()) if kind != models]
    calls = [f"price_{step}(Order{kind}(id=order.id), discount=discount)" for step, kind in kinds.items()]
    return _WORKFLOW.substitute(
        number=number,
        count=len(steps),
        models=models,
        models_module=module(models),
        orders="\n".join(f"from {module(kind)} import Order{kind}" for kind in others),
        imports="\n".join(f"from {module(step)} import price_{step}" for step in steps),
        calls=",\n            ".join(calls),
    )


_MODELS = Template('''\
"""What an order of kind ${number} looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from pydantic import BaseModel, Field

LIMIT_${number} = ${number} * 10


class State${number}(Enum):
    """How far it has come."""

    NEW = "new"
    PAID = "paid"
    SENT = "sent"


class Line${number}(BaseModel):
    """One line of an order."""

    sku: str
    count: int = Field(1, ge=1, le=LIMIT_${number})
    price: float = 0.0

    def total(self) -> float:
        """Return what the line costs."""
        return self.count * self.price


class Order${number}(BaseModel):
    """An order with its lines."""

    id: int
    state: State${number} = State${number}.NEW
    lines: list[Line${number}] = Field(default_factory=list)
    note: str | None = None

    def total(self) -> float:
        """Return what the order costs."""
        return sum(line.total() for line in self.lines)


@dataclass
class Totals${number}:
    """Sums that are kept while an order is worked on."""

    amount: float = 0.0
    seen: list[int] = field(default_factory=list)

    def add(self, order: Order${number}) -> None:
        """Count an order once."""
        if order.id not in self.seen:
            self.seen.append(order.id)
            self.amount += order.total()
''')

_SERVICE = Template('''\
"""Rates and rules of part ${number}."""

import logging
import re
from collections.abc import Iterable

from ${models_module} import LIMIT_${models}, Order${models}, Totals${models}
${imports}
log = logging.getLogger(__name__)

_CODE = re.compile(r"[A-Z]{2}-\\d+")
_FACTORS = {"small": 1.0, "middle": 1.2, "large": 1.${digit}}
_seen_${number}: dict[str, int] = {}


def rate_${number}(value: float) -> float:
    """Return the rate of a value, never above the limit."""
    found = ${rate}
    if found > LIMIT_${models}:
        log.info("rate %s is above %s", found, LIMIT_${models})
        return float(LIMIT_${models})
    return found


def codes_${number}(texts: Iterable[str]) -> list[str]:
    """Return the codes in some texts, each once."""
    found: list[str] = []
    for text in texts:
        for match in _CODE.finditer(text):
            code = match.group()
            if code not in found:
                found.append(code)
                _seen_${number}[code] = _seen_${number}.get(code, 0) + 1
    return found


def summary_${number}(orders: Iterable[Order${models}]) -> dict[str, float]:
    """Return the totals of some orders, by size."""
    totals = Totals${models}()
    sizes: dict[str, float] = {}
    for order in orders:
        totals.add(order)
        size = "small" if order.total() < 10 else "middle" if order.total() < 100 else "large"
        sizes[size] = sizes.get(size, 0.0) + order.total() * _FACTORS[size]
    sizes["all"] = totals.amount
    return sizes
''')

_KEPT_STEP = Template('''\
"""The step that prices orders of part ${number}."""

import json
import os
from urllib.parse import urljoin

from ${models_module} import Order${models}, State${models}
from ${service_module} import rate_${service}, summary_${service}
from app.registry import wf

BASE = os.environ.get("SHOP_URL", "http://localhost")
PATHS = {"price": "/price", "order": "/order/${number}"}


def _address(kind: str) -> str:
    return urljoin(BASE, PATHS[kind])


def _shown(order: Order${models}) -> str:
    return json.dumps(order.model_dump(mode="json"), sort_keys=True)


@wf.step(max_retries=${retries})
async def price_${number}(order: Order${models}, *, discount: float = 0.0) -> dict[str, float]:
    """Price an order, and say where it is kept."""
    amount = rate_${service}(order.total()) * (1 - discount)
    sizes = summary_${service}([order])
    return {**sizes, "amount": amount, "length": float(len(_shown(order)) + len(_address("order")))}


@wf.step
def mark_${number}(order: Order${models}) -> Order${models}:
    """Mark an order as paid."""
    return order.model_copy(update={"state": State${models}.PAID})
''')

_STEP = Template('''\
"""The step that prices orders of part ${number}."""

import json

from ${models_module} import Order${models}
from ${service_module} import codes_${service}, rate_${service}
from app.registry import wf

NAMES = ("small", "middle", "large")


def _described(order: Order${models}) -> str:
    return json.dumps({"id": order.id, "names": NAMES, "lines": [line.sku for line in order.lines]})


def _checked(order: Order${models}) -> Order${models}:
    if order.total() < 0:
        raise ValueError(f"order {order.id} is worth less than nothing")
    return order


@wf.step
async def price_${number}(order: Order${models}, *, discount: float = 0.0) -> dict[str, float]:
    """Price an order."""
    checked = _checked(order)
    found = codes_${service}([_described(checked)])
    return {"amount": rate_${service}(checked.total()) * (1 - discount), "codes": float(len(found))}
''')

_WORKFLOW = Template('''\
"""The workflow that prices an order in ${count} ways."""

import asyncio

import wfc

from ${models_module} import Order${models}
${orders}
${imports}
from app.registry import wf


def _best(results: list[dict[str, float]]) -> dict[str, float]:
    return min(results, key=lambda result: result["amount"])


@wf.workflow
async def pricing_${number}(order: Order${models}, *, patience: int = 3) -> dict[str, float]:
    """Price an order in several ways, and take the best one that isn't free."""
    discount = 0.0
    for attempt in range(patience):
        results = await asyncio.gather(
            ${calls},
        )
        best = _best(list(results))
        if best["amount"] > 0:
            return best
        try:
            await wfc.sleep("1h")
        finally:
            discount += 0.1 * attempt
    return {"amount": order.total()}
''')
