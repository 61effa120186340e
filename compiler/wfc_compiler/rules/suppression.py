"""Leave out what the user has accepted: `# wfc: ignore[WFC319] -- reason`, and the configuration.

`comments` says which lines a comment counts for. There is no blanket ignore; errors of 0xx and 5xx can't be suppressed
(504 can). A code that suppresses nothing is WFC902, one that doesn't exist WFC904.

In: findings, the text of the files, the configuration. Out: the findings that stay, and those about the comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from ..diagnostics import CATALOGUE, OFF_BY_DEFAULT, Diagnostic, Fix, Severity, Span, severity_of, unknown_code_help
from ..project import Config
from .comments import Comment, read_comments

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
FOUND_BY_COMPARING = frozenset({"WFC701", "WFC702", "WFC703"})
"""What is there until it is built: a comment that accepts it is of use before, and stays where it is."""
ABOUT_SUPPRESSIONS = frozenset({"WFC902", "WFC904"})
"""What `Suppressions` itself finds."""
_NEVER = re.compile(r"WFC(?:0\d\d|5(?!04)\d\d|900)")
_BRACKETS = "write `# wfc: ignore[WFC319] -- reason`: there is no blanket ignore"


class Suppressions:
    """The comments of a program and what has been suppressed by them; findings may come in several lots."""

    def __init__(self, sources: Mapping[str, str], config: Config) -> None:
        self._config = config
        self._off = OFF_BY_DEFAULT.difference(config.enable)  # where nobody looks, nothing can be suppressed yet
        self._used: set[tuple[Span, str]] = set()
        self._comments = {
            path: list(read_comments(path, text))
            for path, text in sources.items()
            if path.endswith(".py") and ("wfc:" in text or "WFC:" in text)
        }

    def leave_out(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that stay."""
        return [finding for finding in findings if not self._is_accepted(finding)]

    def malformed(self) -> list[Diagnostic]:
        """Return a finding per code that doesn't exist, and per comment without codes."""
        comments = (comment for comments in self._comments.values() for comment in comments)
        return self.leave_out(found for comment in comments for found in _malformed(comment))

    def unused(self, paths: Iterable[str], *, sliced: bool) -> list[Diagnostic]:
        """Return a finding per comment of these files with codes that suppressed nothing.

        Without `sliced`, codes that slicing may still find are let pass.
        """
        comments = (comment for path in paths for comment in self._comments.get(path, ()))
        found = (self._unused(comment, sliced=sliced) for comment in comments)
        return self.leave_out(finding for finding in found if finding is not None)

    def _is_accepted(self, finding: Diagnostic) -> bool:
        if is_never_suppressed(finding.code) and severity_of(finding) is Severity.ERROR:
            return False
        matching = [comment for comment in self._comments.get(finding.span.path, ()) if _accepts(comment, finding)]
        self._used.update((comment.span, finding.code) for comment in matching)
        return bool(matching) or _is_ignored(finding, self._config)

    def _unused(self, comment: Comment, *, sliced: bool) -> Diagnostic | None:
        unused = {
            code: None
            for code, _ in comment.codes
            if code in CATALOGUE
            and code not in ABOUT_SUPPRESSIONS | FOUND_BY_COMPARING | self._off
            and (comment.span, code) not in self._used
            and (sliced or code not in FOUND_BY_SLICING or is_never_suppressed(code))
        }
        if not unused or comment.word != "ignore":
            return None
        codes = " and ".join(unused)
        never = [code for code in unused if is_never_suppressed(code)]
        partly = len(unused) < len(comment.codes)
        return Diagnostic(
            "WFC902",
            f"the suppression of {codes} suppresses nothing",
            comment.span,
            label=f"{' and '.join(never)} can't be suppressed" if never else "",
            help=f"remove {codes} from it" if partly else "remove it",
            fix=Fix("remove it", (comment.without(frozenset(unused)),)),
        )


def suppress(findings: Iterable[Diagnostic], sources: Mapping[str, str], config: Config) -> list[Diagnostic]:
    """Return what is left of all findings there are, with those about the suppressions."""
    suppressions = Suppressions(sources, config)
    kept = suppressions.leave_out(findings)
    return [*kept, *suppressions.malformed(), *suppressions.unused(sources, sliced=True)]


def is_never_suppressed(code: str) -> bool:
    """Say whether a code stands for what can't work, so that nobody can accept it."""
    return _NEVER.fullmatch(code) is not None and CATALOGUE[code].severity is Severity.ERROR


def _accepts(comment: Comment, finding: Diagnostic) -> bool:
    named = comment.word == "ignore" and any(code == finding.code for code, _ in comment.codes)
    return named and comment.covers(finding.span)


def _is_ignored(finding: Diagnostic, config: Config) -> bool:
    if finding.code in config.ignore:
        return True
    return any(
        finding.code in codes and _names(pattern, finding.span.path)
        for pattern, codes in config.per_file_ignores.items()
    )


def _names(pattern: str, path: str) -> bool:
    """Say whether a pattern names a file: by its path in the project, a folder above it, or its own name."""
    pattern = pattern.removeprefix("./").removeprefix("**/").rstrip("/")
    if "/" not in pattern and fnmatchcase(path.rpartition("/")[2], pattern):
        return True
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


def _malformed(comment: Comment) -> Iterator[Diagnostic]:
    if comment.word != "ignore":
        message = f"`wfc: {comment.word}` suppresses nothing"
        yield Diagnostic("WFC904", message, comment.span, help=f"did you mean `ignore`? {_BRACKETS}")
    elif not comment.codes:
        yield Diagnostic("WFC904", "a suppression names no code", comment.span, help=_BRACKETS)
    else:
        for code, span in comment.codes:
            if code not in CATALOGUE:
                yield Diagnostic("WFC904", f"there is no code `{code}`", span, help=unknown_code_help(code))
