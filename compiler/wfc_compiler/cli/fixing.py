"""Make the fixes that findings carry: `wfc check --fix` writes them, `--diff` shows them.

    round by round       fixes that don't overlap are made together, until nothing is left to fix
    nothing written yet  the fixed text is parsed and checked in memory first
    undone               a fix that brings a new error with it; the others stay

In: the findings of a check. Out: new texts and their findings, and which fixes were not made and why; `edits` makes the
texts, `write_fixed` puts them on disk.
"""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..checking import CheckResult
from ..diagnostics import Diagnostic, Severity, severity_of
from ..project import Buffers, SourceFile, read_regular
from ..syntax import parse_source
from .edits import Edited, apart, apply_edits, encoded

_ROUNDS = 10
# Errors that an edit can bring about anywhere: in files that import the edited one, in routes that hold it.
_ANYWHERE = ("WFC005", "WFC014", "WFC015", "WFC5")

Check = Callable[[Buffers], CheckResult]


@dataclass(frozen=True)
class Fixed:
    """The findings after the fixes, new contents by path, how many fixes each file got, and what was not fixed.

    `undone` holds findings whose fix would bring an error with it, with the words for that.
    """

    result: CheckResult
    contents: Mapping[str, bytes] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    undone: Sequence[tuple[Diagnostic, str]] = ()


def make_fixes(root: Path, before: CheckResult, check: Check) -> Fixed:
    """Make all fixes that bring no new error, in memory; `check` looks at the project with buffers for files."""
    made = Fixed(before)
    refused: dict[tuple[str, str, str], tuple[Diagnostic, str]] = {}
    for _ in range(_ROUNDS):
        fixable = [item for item in made.result.diagnostics if _is_fixable(item, made) and _key(item) not in refused]
        if not fixable:
            break
        attempt = _Round(root, made, check)
        attempt.add(apart(fixable))
        refused |= {_key(item): (item, why) for item, why in attempt.refused}
        if attempt.best is None:
            continue
        made = attempt.best
    return Fixed(made.result, made.contents, made.counts, tuple(refused.values()))


def _is_fixable(item: Diagnostic, state: Fixed) -> bool:
    return item.fix is not None and all(edit.span.path in _files(state.result) for edit in item.fix.edits)


def _key(item: Diagnostic) -> tuple[str, str, str]:
    """Return what tells a finding from others, wherever other fixes have moved it."""
    return item.code, item.span.path, item.message


class _Round:
    """One round of fixes, all on the same texts; `best` is the state with those that were found good."""

    def __init__(self, root: Path, state: Fixed, check: Check) -> None:
        self.root = root
        self.state = state
        self.check = check
        self.good: list[Diagnostic] = []
        self.best: Fixed | None = None
        self.refused: list[tuple[Diagnostic, str]] = []

    def add(self, items: Sequence[Diagnostic]) -> None:
        """Make fixes; where they bring an error, find the ones that do by halves."""
        reached = self._with([*self.good, *items])
        if isinstance(reached, Fixed):
            self.good += items
            self.best = reached
        elif len(items) == 1:
            self.refused.append((items[0], reached))
        else:
            self.add(items[: len(items) // 2])
            self.add(items[len(items) // 2 :])

    def _with(self, items: Sequence[Diagnostic]) -> Fixed | str:
        """Return the state with fixes made, or what is wrong with it."""
        files = _files(self.state.result)
        contents, counts = dict(self.state.contents), Counter(self.state.counts)
        edited: dict[str, Edited] = {}
        for path in dict.fromkeys(edit.span.path for item in items for edit in (item.fix.edits if item.fix else ())):
            edits = [edit for item in items for edit in (item.fix.edits if item.fix else ()) if edit.span.path == path]
            edited[path] = apply_edits(files[path].text, edits)
            data = encoded(files[path], edited[path].text)
            if data is None:
                return f"{path} is in an encoding that can't hold it"
            if not isinstance(parse_source(data, path), tuple):
                return f"{path} would not parse"
            contents[path] = data
        for item in items:
            counts[item.span.path] += 1
        result = self.check({self.root / path: data for path, data in contents.items()})
        caused = _caused(self.state.result, result, edited)
        if caused is not None:
            return f"it would bring {caused.code} at {caused.span.path}:{caused.span.line}: {caused.message}"
        before, after = (Counter(map(_key, state.diagnostics)) for state in (self.state.result, result))
        if any(after[_key(item)] >= before[_key(item)] for item in items):
            return "it would leave the finding"
        return Fixed(result, contents, counts)


def _caused(before: CheckResult, after: CheckResult, edited: Mapping[str, Edited]) -> Diagnostic | None:
    """Return an error that edits have brought about; those that they only bring to light are for the user to see.

    With its import in place a step that is never awaited is found: that was wrong before. An error on a line that was
    edited, or one of those that an edit can cause elsewhere, was not.
    """
    known = Counter(_key(item) for item in before.diagnostics if severity_of(item) is Severity.ERROR)
    for item in after.diagnostics:
        if severity_of(item) is not Severity.ERROR:
            continue
        known[_key(item)] -= 1
        touched = item.span.path in edited and item.span.line in edited[item.span.path].lines
        if known[_key(item)] < 0 and (touched or item.code.startswith(_ANYWHERE)):
            return item
    return None


def _files(result: CheckResult) -> Mapping[str, SourceFile]:
    project = result.program.project
    modules = [module.source for module in result.program.modules.values()]
    return {source.relpath: source for source in (*project.unreached.values(), *modules)}


def write_fixed(fixed: Fixed, before: CheckResult) -> Mapping[str, str]:
    """Write the fixed files, each as a whole or not at all; return what went wrong, by path."""
    problems = {}
    sources = _files(before)
    for path, data in fixed.contents.items():
        try:
            _replace(sources[path], data)
        except OSError as error:
            problems[path] = error.strerror or str(error)
    return problems


def _replace(source: SourceFile, data: bytes) -> None:
    target = source.path.resolve()
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "it can't be written")
    if read_regular(target) != source.data:
        raise OSError(0, "it has changed in the meantime")
    handle, name = tempfile.mkstemp(prefix=".wfc-", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def diff_of(fixed: Fixed, before: CheckResult, base: Path) -> bytes:
    """Return what `--fix` would write as a diff for `git apply`, paths relative to `base`, each line as in its file."""
    sources = _files(before)
    parts: list[bytes] = []
    for path, data in sorted(fixed.contents.items()):
        full = before.program.project.root / path
        shown = full.relative_to(base) if full.is_relative_to(base) else Path(path)
        name = os.fsencode(shown.as_posix()) + (b"\t" if " " in path else b"")
        old, new = _lines(sources[path].data), _lines(data)
        parts += difflib.diff_bytes(difflib.unified_diff, old, new, b"a/" + name, b"b/" + name)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in parts)


def _lines(data: bytes) -> list[bytes]:
    """Return lines as git counts them: a carriage return ends none."""
    *lines, last = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])
