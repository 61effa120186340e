"""What a finding is: a place in the user's source, a code, and words.

Every stage hands out `Diagnostic` values; `catalogue` knows the name and severity behind a code,
`render_full` and its neighbours turn them into text. Nothing here knows how a finding was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad a finding is; only errors stop a build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of source: `path` relative to the project root (posix).

    Lines and columns count from 1, columns in code points; the end column is exclusive.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Note:
    """A second place that belongs to a finding, with the words under its carets."""

    span: Span
    label: str


@dataclass(frozen=True)
class Hop:
    """One call on the way from a workflow or step to a finding; `name` is the caller."""

    span: Span
    name: str


@dataclass(frozen=True)
class Edit:
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """Edits that `--fix` can make without asking."""

    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Diagnostic:
    """One finding. The severity is the code's (see `catalogue`) unless `severity` says otherwise.

    `message` is the headline and names the pattern found; `label` stands under the carets; `help`
    is the remedy and is never empty for an error or a warning; `workflow` is the full id of the
    workflow (or step) whose code is concerned. `in_flight` are ids of workflows whose runs of earlier builds a change
    of the source is about.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    secondary: tuple[Note, ...] = ()
    help: str = ""
    workflow: str | None = None
    chain: tuple[Hop, ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None
    in_flight: tuple[str, ...] = ()
