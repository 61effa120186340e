"""`wfc explain CODE`: what a finding means, with an example of the mistake and one without it.

In: a code. Out: its row in the catalogue, and what its rule says of itself (`rules`).
"""

from __future__ import annotations

import json
import re

import click

from ..diagnostics import CATALOGUE, CodeInfo
from ..rules import RULES, split_example


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def explain(code: str | None, *, as_json: bool) -> None:
    """Explain the code of a finding, such as WFC201; without a code, list them all."""
    if code is None:
        if as_json:
            click.echo(json.dumps({"codes": [_row(info) for info in CATALOGUE.values()]}, ensure_ascii=False))
            return
        for info in CATALOGUE.values():
            click.echo(f"{info.code}  {info.severity.value:<7}  {info.summary}")
        return
    known = _normalise(code)
    if known is None:
        raise click.UsageError(f"there is no code `{code}`; `wfc explain` lists them all")
    click.echo(json.dumps(to_json(known), ensure_ascii=False) + "\n" if as_json else explanation(known), nl=False)


def explanation(code: str) -> str:
    """Return the text for a code."""
    info = CATALOGUE[code]
    text = f"{code} {info.name} ({info.severity.value})\n\n"
    rule = RULES[code]
    text += f"{rule.documentation}\n"
    for title, examples in (("Wrong", rule.bad), ("Right", rule.good)):
        text += "".join(f"\n{title}:\n\n{_show(example)}" for example in examples[:1])
    return text


def to_json(code: str) -> dict[str, object]:
    """Return what there is to say about a code; an example is a mapping from paths to texts."""
    rule = RULES[code]
    return {
        **_row(CATALOGUE[code]),
        "explanation": rule.documentation,
        "bad": [split_example(example) for example in rule.bad],
        "good": [split_example(example) for example in rule.good],
    }


def _row(info: CodeInfo) -> dict[str, str]:
    return {"code": info.code, "name": info.name, "severity": info.severity.value, "summary": info.summary}


def _normalise(code: str) -> str | None:
    match = re.fullmatch(r"(?:WFC)?(\d{1,3})", code.strip(), re.IGNORECASE)
    known = f"WFC{int(match[1]):03d}" if match else ""
    return known if known in CATALOGUE else None


def _show(example: str) -> str:
    files = split_example(example)
    shown = []
    for path, text in files.items():
        head = [f"# {path}", ""] if len(files) > 1 else []
        shown += [f"    {line}".rstrip() for line in [*head, *text.strip("\n").splitlines()]]
        shown.append("")
    return "\n".join(shown).rstrip() + "\n"
