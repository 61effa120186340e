"""`wfc explain CODE`: what a finding means, with an example of the mistake and one without it.

In: a code, or the name of one. Out: its row in the catalogue, and what its rule says of itself (`rules.explanation`).
"""

from __future__ import annotations

import json

import click

from ..diagnostics import CATALOGUE, CodeInfo, find_code, unknown_code_help
from ..rules import explanation_of


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
    known = find_code(code)
    if known is None:
        raise click.UsageError(f"there is no code `{code}`; {unknown_code_help(code)}")
    text = json.dumps(to_json(known), ensure_ascii=False) + "\n" if as_json else explanation_of(known).text()
    click.echo(text, nl=False)


def to_json(code: str) -> dict[str, object]:
    """Return what there is to say about a code; an example is a mapping from paths to texts."""
    said = explanation_of(code)
    return {
        **_row(said.info),
        "explanation": said.plain(),
        "what": said.summary,
        "why": said.why,
        "fix": said.fix,
        "suppress": said.suppress or None,
        "bad": [dict(example) for example in said.bad],
        "good": [dict(example) for example in said.good],
    }


def _row(info: CodeInfo) -> dict[str, str]:
    return {"code": info.code, "name": info.name, "severity": info.severity.value, "summary": info.summary}
