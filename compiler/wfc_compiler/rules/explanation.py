"""What there is to say about a code: its rule's docstring in parts, its examples; as text and as Markdown.

    A workflow calls the network.                   <- summary: what was found, in one sentence

    Why: The call would be made again ...           <- what breaks, at replay or in a route
    Fix: Move the call into a step.                 <- what to write
    Suppress: Where the answer never changes ...    <- when accepting it is right

Every docstring of a rule has this form; a code that can't be suppressed has no `Suppress:`, and the text says so.
In: a code. Out: an `Explanation`, which `wfc explain` prints and SARIF carries.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..diagnostics import CATALOGUE, CodeInfo
from .base import split_example
from .run import RULES
from .suppression import is_never_suppressed

PARTS = ("Why", "Fix", "Suppress")
_PART = re.compile(rf"^({'|'.join(PARTS)}): ", re.MULTILINE)
_WIDTH = 100
_NEVER = "It can't be suppressed: what it names does not work."


@dataclass(frozen=True)
class Explanation:
    """A rule's docstring in parts, each without its mark; `bad` and `good` are files by path."""

    info: CodeInfo
    summary: str
    why: str
    fix: str
    suppress: str
    bad: tuple[Mapping[str, str], ...]
    good: tuple[Mapping[str, str], ...]

    def text(self) -> str:
        """Return the explanation for a terminal."""
        info = self.info
        head = f"{info.code} {info.name} ({info.severity.value})\n\n{_filled(self.summary)}"
        parts = "".join(f"\n{title}:\n{_filled(part, '  ')}" for title, part in self._parts())
        return head + parts + "".join(self._examples())

    def markdown(self) -> str:
        """Return the explanation as SARIF viewers show it."""
        parts = "".join(f"\n**{title}.** {part}\n" for title, part in self._parts())
        blocks = [
            f"\n**{title}:**\n\n```python\n{_whole(example)}```\n"
            for title, examples in (("Wrong", self.bad), ("Right", self.good))
            for example in examples[:1]
        ]
        return f"{self.summary}\n{parts}{''.join(blocks)}"

    def plain(self) -> str:
        """Return the explanation without examples, for viewers that don't render Markdown."""
        return "\n\n".join([self.summary, *(f"{title}: {part}" for title, part in self._parts())])

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield "Why", self.why
        yield "How to fix it", self.fix
        yield "When to suppress it", self.suppress or _NEVER

    def _examples(self) -> Iterator[str]:
        for title, examples in (("Wrong", self.bad), ("Right", self.good)):
            for example in examples[:1]:
                yield f"\n{title}:\n\n{textwrap.indent(_whole(example), '    ')}"


def explanation_of(code: str) -> Explanation:
    """Return what there is to say about a code of the catalogue."""
    rule = RULES[code]
    summary, parts = split_documentation(rule.documentation)
    return Explanation(
        CATALOGUE[code],
        summary,
        parts.get("Why", ""),
        parts.get("Fix", ""),
        parts.get("Suppress", ""),
        tuple(split_example(example) for example in rule.bad),
        tuple(split_example(example) for example in rule.good),
    )


def split_documentation(documentation: str) -> tuple[str, Mapping[str, str]]:
    """Return the summary of a docstring, and its parts by their marks; paragraphs stay apart."""
    summary, *rest = (_joined(text) for text in _PART.split(documentation))
    return summary, dict(zip(rest[::2], rest[1::2], strict=True))


def _joined(text: str) -> str:
    """Return paragraphs on a line each, empty lines between them."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def lacking_parts(code: str) -> list[str]:
    """Return which parts a rule's docstring lacks, or has without need."""
    summary, parts = split_documentation(RULES[code].documentation)
    wanted = set(PARTS) - ({"Suppress"} if is_never_suppressed(code) else set())
    found = [f"no part `{part}:`" for part in PARTS if part in wanted and not parts.get(part)]
    found += [f"a part `{part}:`, which can't be" for part in parts if part not in wanted]
    if "\n\n" in summary or not summary.endswith("."):
        found.append("a summary of more than one paragraph")
    return found


def _filled(text: str, indent: str = "") -> str:
    return "\n\n".join(
        textwrap.fill(
            paragraph,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for paragraph in text.split("\n\n")
    ) + ("\n" if text else "")


def _whole(example: Mapping[str, str]) -> str:
    """Return the files of an example as one text, each named where there are several."""
    shown = [(f"# {path}\n" if len(example) > 1 else "") + text.strip("\n") + "\n" for path, text in example.items()]
    return "\n".join(shown)
