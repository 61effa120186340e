"""Apply the fixes that findings carry: `wfc check --fix` writes them, `--diff` shows them.

A file that would not parse afterwards is left as it is; of overlapping edits the first is made.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterable, Mapping

from ..checking import CheckResult
from ..diagnostics import Edit
from ..project import SourceFile
from ..syntax import parse_source

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


def fixed_sources(result: CheckResult) -> Mapping[str, tuple[SourceFile, str]]:
    """Return the files that fixes change, by path, with their new text."""
    edits: dict[str, list[Edit]] = {}
    for finding in result.diagnostics:
        for edit in finding.fix.edits if finding.fix else ():
            edits.setdefault(edit.span.path, []).append(edit)
    files = {module.source.relpath: module.source for module in result.program.modules.values()}
    changed = {}
    for path, found in edits.items():
        source = files[path]
        text = apply_edits(source.text, found)
        if text != source.text and isinstance(parse_source(text.encode("utf-8"), path), tuple):
            changed[path] = (source, text)
    return changed


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with edits made; identical ones count once."""
    starts = [match.start() for match in _LINE.finditer(text)]
    newline = "\r\n" if "\r\n" in text else "\n"
    pieces: list[str] = []
    done = 0
    unique = dict.fromkeys(edits)
    for edit in sorted(unique, key=lambda item: item.span):
        span = edit.span
        begin = starts[min(span.line, len(starts)) - 1] + span.column - 1
        end = starts[min(span.end_line, len(starts)) - 1] + span.end_column - 1
        if begin < done:
            continue
        pieces += [text[done:begin], edit.text.replace("\n", newline)]
        done = end
    return "".join(pieces) + text[done:]


def write_fixes(changed: Mapping[str, tuple[SourceFile, str]]) -> None:
    """Write files back in their own encoding, a byte order mark kept."""
    for source, text in changed.values():
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source.data).readline)
        source.path.write_bytes(text.encode(encoding))


def diff_of(changed: Mapping[str, tuple[SourceFile, str]]) -> str:
    """Return a unified diff of what `--fix` would write."""
    parts: list[str] = []
    for path, (source, text) in sorted(changed.items()):
        before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
        parts += difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in parts)
