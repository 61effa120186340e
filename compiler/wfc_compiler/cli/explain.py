"""`wfc explain CODE`: what a finding means, with an example of the mistake and one without it."""

from __future__ import annotations

import re

import click

from ..diagnostics import CATALOGUE
from ..rules import RULES, split_example


@click.command("explain")
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain the code of a finding, such as WFC201; without a code, list them all."""
    if code is None:
        for info in CATALOGUE.values():
            click.echo(f"{info.code}  {info.severity.value:<7}  {info.summary}")
        return
    known = _normalise(code)
    if known is None:
        raise click.UsageError(f"there is no code `{code}`; `wfc explain` lists them all")
    click.echo(explanation(known), nl=False)


def explanation(code: str) -> str:
    """Return the text for a code."""
    info = CATALOGUE[code]
    text = f"{code} {info.name} ({info.severity.value})\n\n"
    rule = RULES.get(code)
    if rule is None:
        return f"{text}{info.summary[0].upper()}{info.summary[1:]}.\n"
    text += f"{rule.documentation}\n"
    for title, examples in (("Wrong", rule.bad), ("Right", rule.good)):
        text += f"\n{title}:\n\n{_show(examples[0])}"
    return text


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
