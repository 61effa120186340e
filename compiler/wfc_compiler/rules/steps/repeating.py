"""Calls that act again when a step is tried again: WFC602.

@wf.step
async def charge(amount):
    stripe.Charge.create(amount=amount)                                     twice, if the answer got lost
    stripe.Charge.create(amount=amount, idempotency_key=info.step_id)       once
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...callgraph import Reached
from ...diagnostics import Diagnostic
from ..base import Context, Rule
from ..scaffold import in_step

_KEY = re.compile(r"idempot|step_id|dedup|request_?token|client_?token", re.IGNORECASE)
_ENABLED = '# file: pyproject.toml\n[tool.wfc]\nenable = ["WFC602"]\n# file: app.py\n'


class RepeatedEffect(Rule):
    """A step that is retried calls what acts again each time, without an idempotency key (off by default).

    Why: A step is tried again when it fails, and also when its worker dies after the call and before the result is
    recorded. What was charged, sent or created then is charged, sent or created twice.

    Fix: Give the call a key that is the same on each attempt: `get_step_metadata().step_id`. Where the service takes
    none, look first whether it has been done, or set `max_retries=0`. The rule is switched on by `enable = ["WFC602"]`
    in `[tool.wfc]`.

    Suppress: Where doing it twice does no harm.
    """

    code = "WFC602"
    bad = (
        _ENABLED + "import stripe\n" + in_step("stripe.Charge.create(amount=1)").replace("async def w", "def w"),
        _ENABLED
        + "import httpx\n"
        + in_step("async with httpx.AsyncClient() as client:\n        await client.post(name, json={'amount': 1})"),
    )
    good = (
        _ENABLED
        + "import stripe\n"
        + in_step(
            "key = workflow.get_step_metadata().step_id\n    stripe.Charge.create(amount=1, idempotency_key=key)"
        ).replace("async def w", "def w"),
        _ENABLED
        + "import httpx\n"
        + in_step(
            "headers = {'Idempotency-Key': name}\n    async with httpx.AsyncClient(headers=headers) as client:\n"
            "        await client.post(name)"
        ),
        _ENABLED
        + "import stripe\n"
        + in_step("stripe.Charge.create(amount=1)")
        .replace("async def w", "def w")
        .replace("@wf.step\ndef", "@wf.step(max_retries=0)\ndef"),
        "import stripe\n" + in_step("stripe.Charge.create(amount=1)").replace("async def w", "def w"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per call."""
        retried = {step.id for step in context.program.steps if step.options.max_retries}
        for reached in context.graph.step:
            if reached.root not in retried:
                continue
            for call in reached.calls:
                if call.callee is None or not context.facts.has("repeats", call.callee) or _has_key(reached):
                    continue
                source = reached.function.module.source
                yield Diagnostic(
                    self.code,
                    f"`{source.text_of(call.node.func)}(...)` is repeated when the step is tried again",
                    source.span(call.node),
                    label="happens twice if its answer is lost",
                    help="give it an idempotency key, such as "
                    f"`{context.spell(reached, 'get_step_metadata')}().step_id`",
                    workflow=reached.root,
                    chain=reached.chain,
                )


def _has_key(reached: Reached) -> bool:
    """Say whether a function knows of a key at all: which one goes where is its own business."""
    for node in reached.function.body_nodes():
        match node:
            case (
                ast.Name(id=text)
                | ast.Attribute(attr=text)
                | ast.keyword(arg=str(text))
                | ast.Constant(value=str(text))
            ):
                if _KEY.search(text):
                    return True
    return False
