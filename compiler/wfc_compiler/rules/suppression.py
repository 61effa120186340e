"""Leave out what the user has accepted: `# wfc: ignore[WFC319] -- reason`, and the configuration.

A comment counts for the finding's lines, or standing alone for the line below. There is no blanket
ignore; errors of 0xx and 5xx can't be suppressed (504 can). A comment that suppresses nothing is
WFC902, a code that doesn't exist WFC904.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from ..diagnostics import CATALOGUE, Diagnostic, Severity, Span, severity_of, unknown_code_help
from ..project import Config

_COMMENT = re.compile(r"#\s*wfc:\s*ignore\b(?:\[([^\]]*)\])?")
FOUND_BY_SLICING = frozenset(
    {
        "WFC311",
        "WFC403",
        "WFC503",
        "WFC505",
        "WFC507",
        "WFC509",
        "WFC512",
        "WFC514",
        "WFC516",
        "WFC521",
    }
)
ABOUT_SUPPRESSIONS = frozenset({"WFC902", "WFC904"})
"""What `suppress` itself finds."""
_NEVER = re.compile(r"WFC(?:0\d\d|5(?!04)\d\d|900)")


@dataclass(frozen=True)
class _Comment:
    """A suppression: its place, the codes in it, and the line it counts for."""

    span: Span
    codes: tuple[str, ...]
    line: int


def suppress(
    findings: Iterable[Diagnostic],
    sources: Mapping[str, str],
    config: Config,
    *,
    judge: bool = True,
) -> list[Diagnostic]:
    """Return the findings that stay and, if `judge`, findings about the suppressions themselves."""
    comments = [
        comment
        for path, text in sources.items()
        if path.endswith(".py") and "wfc:" in text
        for comment in _read_comments(path, text)
    ]
    used: set[tuple[Span, str]] = set()
    kept: list[Diagnostic] = []
    for finding in findings:
        matching = [
            comment
            for comment in comments
            if comment.span.path == finding.span.path
            and finding.code in comment.codes
            and finding.span.line <= comment.line <= max(finding.span.end_line, finding.span.line)
        ]
        if matching and _may_be_suppressed(finding):
            used.update((comment.span, finding.code) for comment in matching)
        elif not (_is_ignored(finding, config) and _may_be_suppressed(finding)):
            kept.append(finding)
    for comment in comments if judge else ():
        kept += _about(comment, used)
    return kept


def _read_comments(path: str, text: str) -> Iterator[_Comment]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        match = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
        if match is None:
            continue
        line, column = token.start
        alone = not token.line[:column].strip()
        codes = tuple(code.strip() for code in (match[1] or "").split(",") if code.strip())
        span = Span(path, line, column + 1, line, column + 1 + match.end())
        yield _Comment(span, codes, line + 1 if alone else line)


def _may_be_suppressed(finding: Diagnostic) -> bool:
    return not (_NEVER.fullmatch(finding.code) and severity_of(finding) is Severity.ERROR)


def _is_ignored(finding: Diagnostic, config: Config) -> bool:
    if finding.code in config.ignore:
        return True
    return any(
        fnmatch(finding.span.path, pattern) and finding.code in codes
        for pattern, codes in config.per_file_ignores.items()
    )


def _is_found_later(code: str) -> bool:
    """Say whether slicing, which comes after the rules, may still find it."""
    return code in FOUND_BY_SLICING and not is_never_suppressed(code)


def is_never_suppressed(code: str) -> bool:
    """Say whether a code stands for what can't work, so that nobody can accept it."""
    return _NEVER.fullmatch(code) is not None and CATALOGUE[code].severity is Severity.ERROR


def _about(comment: _Comment, used: set[tuple[Span, str]]) -> Iterator[Diagnostic]:
    if not comment.codes:
        yield Diagnostic(
            "WFC904",
            "a suppression names no code",
            comment.span,
            help="write `# wfc: ignore[WFC319] -- reason`: there is no blanket ignore",
        )
    for code in comment.codes:
        if code not in CATALOGUE:
            yield Diagnostic(
                "WFC904",
                f"there is no code `{code}`",
                comment.span,
                help=unknown_code_help(code),
            )
        elif (comment.span, code) not in used and not _is_found_later(code):
            reason = f"{code} can't be suppressed" if is_never_suppressed(code) else ""
            yield Diagnostic(
                "WFC902",
                f"the suppression of {code} suppresses nothing",
                comment.span,
                label=reason,
                help="remove it",
            )
