"""Read `[tool.wfc]`, `[[tool.vercel.workflows]]` and vercel.json: settings and entrypoints.

A wrong key or type is WFC020 with its line; nothing here looks at Python files.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from wfc.duration import DurationError, parse_duration

from ..diagnostics import CATALOGUE, Diagnostic, Severity, Span, unknown_code_help
from .reading import read_regular
from .toml_lines import text_span, toml_span
from .values import Config

PYPROJECT = "pyproject.toml"
VERCEL = "vercel.json"
_WORKFLOW_TOPICS = "__wkf_"
_LONGEST = 1_000


@dataclass(frozen=True)
class DeclaredEntrypoint:
    """An entrypoint as the configuration writes it; `topics` only for a service of vercel.json."""

    text: str
    span: Span
    topics: tuple[str, ...] | None = None
    service: str | None = None

    def covers_workflow_topics(self) -> bool:
        """Say whether the topics of the service deliver what the Workflow SDK sends."""
        return self.topics is None or any(
            topic == _WORKFLOW_TOPICS + "*" or (topic.endswith("*") and _WORKFLOW_TOPICS.startswith(topic[:-1]))
            for topic in self.topics
        )


@dataclass(frozen=True)
class Settings:
    """The configuration as read: values, entrypoints of the first source that has some, errors.

    `sources` holds the text of the files, for code frames.
    """

    config: Config
    entrypoints: tuple[DeclaredEntrypoint, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def read_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration of the project at `root`."""
    reader = _Reader(root)
    table = reader.read_pyproject()
    vercel = reader.read_vercel()
    tool = reader.expect_table(table.get("tool", {}), ("tool",))
    config = reader.build_config(reader.expect_table(tool.get("wfc", {}), ("tool", "wfc")))
    config = reader.apply_environment(config, environ)
    entrypoints = (
        reader.own_entrypoints(config)
        or reader.pyproject_entrypoints(reader.expect_table(tool.get("vercel", {}), ("tool", "vercel")))
        or reader.vercel_entrypoints(vercel)
    )
    return Settings(config, tuple(entrypoints), tuple(reader.diagnostics), reader.sources)


_TEXTS = "a list of strings"
_KINDS: dict[str, str] = {
    "src": "a string or a list of strings",
    "entrypoints": _TEXTS,
    "exclude": _TEXTS,
    "include": _TEXTS,
    "out": "a string",
    "store": "a string",
    "strict": "true or false",
    "ignore": _TEXTS,
    "enable": _TEXTS,
    "per-file-ignores": "a table of lists of strings",
    "decls": "a table of strings (with quotes around names that have dots)",
    "slice": '"safe" or "minimal"',
    "python": "a string",
    "pin": "true or false",
    "isolate": "true or false",
    "retention": "a string",
    "app": "a string",
    "dispatch": "a string",
}
_HELP = "see `[tool.wfc]` in the reference: " + ", ".join(_KINDS)
# Accepted, so that a configuration can say what it wants, and read by nothing so far.
_NO_EFFECT_YET = frozenset({"app", "dispatch"})
# What `decls` may say that a function does: the kinds of `facts/library/*.toml`.
_EFFECT_KINDS = """
pure clock monotonic random secret environment identity timezone interpreter dynamic
network filesystem process threads blocking interactive
"""
EFFECT_KINDS = frozenset(_EFFECT_KINDS.split())
_DECLARED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(\.\*|\(\))?")


class _Reader:
    """Collects findings while the files are read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources: dict[str, str] = {}
        self.diagnostics: list[Diagnostic] = []

    def report(self, message: str, span: Span, help_text: str = _HELP, severity: Severity | None = None) -> None:
        self.diagnostics.append(Diagnostic("WFC020", message, span, help=help_text, severity=severity))

    def read_text(self, name: str) -> str | None:
        try:
            text = read_regular(self.root / name).decode("utf-8-sig").replace("\r\n", "\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.report(f"{name} can't be read: {error.strerror}", Span(name, 1, 1, 1, 1), "make it a readable file")
            return None
        except UnicodeDecodeError as error:
            message = f"{name} is not valid UTF-8: byte {error.object[error.start]:#04x}"
            line = error.object.count(b"\n", 0, error.start) + 1
            self.report(message, Span(name, line, 1, line, 1), "save it as UTF-8")
            return None
        self.sources[name] = text
        return text

    def read_pyproject(self) -> dict[str, object]:
        text = self.read_text(PYPROJECT)
        if text is None:
            return {}
        try:
            return dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"at line (\d+), column (\d+)", str(error))
            last = text.count("\n") + 1
            line, column = (int(place[1]), int(place[2])) if place else (last, 1)
            message = re.sub(r" \(at .*\)$", "", str(error))
            span = Span(PYPROJECT, line, column, line, column + 1)
            self.report(f"{PYPROJECT} is not valid TOML: {message}", span, "correct the TOML")
            return {}
        except (RecursionError, ValueError) as error:  # nested too deeply, a number of too many digits
            return self.unusable(PYPROJECT, error)

    def read_vercel(self) -> dict[str, object]:
        text = self.read_text(VERCEL)
        if text is None:
            return {}
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            span = Span(VERCEL, error.lineno, error.colno, error.lineno, error.colno + 1)
            self.report(f"{VERCEL} is not valid JSON: {error.msg}", span, "correct the JSON")
            return {}
        except (RecursionError, ValueError) as error:
            return self.unusable(VERCEL, error)
        if not isinstance(value, dict):
            self.report(f"{VERCEL} must hold a JSON object", Span(VERCEL, 1, 1, 1, 2), "write `{...}`")
            return {}
        return value

    def unusable(self, name: str, error: Exception) -> dict[str, object]:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        self.report(f"{name} can't be used: {reason}", Span(name, 1, 1, 1, 1), "simplify it")
        return {}

    def expect_table(self, value: object, keys: tuple[str, ...]) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        self.report(f"`{'.'.join(keys)}` must be a table", self.toml_place(keys))
        return {}

    def toml_place(self, keys: tuple[str, ...]) -> Span:
        return toml_span(self.sources.get(PYPROJECT, ""), PYPROJECT, keys)

    def build_config(self, table: dict[str, object]) -> Config:
        values: dict[str, object] = {}
        for key, value in table.items():
            place = self.toml_place(("tool", "wfc", key))
            if key not in _KINDS:
                close = get_close_matches(key, _KINDS, 1)
                hint = f"did you mean `{close[0]}`?" if close else _HELP
                self.report(f"unknown key `{key}` in `[tool.wfc]`", place, hint)
            elif not all(map(is_usable, _texts(value))):
                self.report(f"`{key}` in `[tool.wfc]` holds a null byte, or is too long", place, "correct the text")
            elif (read := _read_value(key, value)) is None:
                shown = json.dumps(value, default=str, ensure_ascii=False)
                message = f"`{key}` in `[tool.wfc]` must be {_KINDS[key]}, not {shown[:60]}"
                self.report(message, place, f"write {_KINDS[key]}")
            else:
                values[key.replace("-", "_")] = read
                if key in _NO_EFFECT_YET:
                    message = f"`{key}` in `[tool.wfc]` has no effect yet"
                    self.report(message, place, "leave it out until a version of wfc reads it", Severity.WARNING)
        self.check_retention(values.get("retention"))
        values["src"] = self.existing_roots(values.get("src", ()))  # type: ignore[arg-type]  # _read_value checks it
        self.check_declarations(values.get("decls", {}))  # type: ignore[arg-type]  # _read_value checks it
        for key in ("ignore", "enable"):
            self.check_codes(values.get(key), ("tool", "wfc", key))
        for pattern, codes in dict(values.get("per_file_ignores") or {}).items():  # type: ignore[call-overload]  # _read_value checks it
            self.check_codes(codes, ("tool", "wfc", "per-file-ignores", pattern))
        return Config(**values)  # type: ignore[arg-type]  # _read_value checks each type

    def existing_roots(self, entries: tuple[str, ...]) -> tuple[str, ...]:
        """Return the source roots that are folders of the project, and report the others."""
        base = self.root.resolve()
        good = []
        for entry in entries:
            folder = (base / entry).resolve()
            if not folder.is_relative_to(base):
                message, remedy = "lies outside the project", "name folders below the project's root"
            elif not folder.is_dir():
                message, remedy = "is no folder", "correct the name, or make the folder"
            else:
                good.append(entry)
                continue
            self.report(f"the source root `{entry}` {message}", self.toml_place(("tool", "wfc", "src")), remedy)
        return tuple(good)

    def check_retention(self, value: object) -> None:
        try:
            parse_duration(value if isinstance(value, str) else "1 day")
        except DurationError as error:
            hint = f'write "{error.suggestion}"' if error.suggestion else 'write a duration, such as "30 days"'
            message = f"`retention` in `[tool.wfc]` is no duration: {error.reason}"
            self.report(message, self.toml_place(("tool", "wfc", "retention")), hint)

    def check_declarations(self, declarations: Mapping[str, str]) -> None:
        for name, kind in declarations.items():
            place = self.toml_place(("tool", "wfc", "decls", name))
            if not _DECLARED.fullmatch(name):
                hint = 'write a dotted name, as in `"pkg.fn"`, or `"pkg.*"` for all that begins alike'
                self.report(f"`{name}` is no name of a function", place, hint)
            if kind.removeprefix("impure:") not in EFFECT_KINDS or kind == "impure:pure":
                close = get_close_matches(kind.removeprefix("impure:"), EFFECT_KINDS, 1)
                kinds = ", ".join(sorted(EFFECT_KINDS - {"pure"}))
                meant = close[0] if close == ["pure"] else f"impure:{close[0]}" if close else ""
                hint = f'did you mean `"{meant}"`?' if meant else f'write "pure", or "impure:" and one of {kinds}'
                self.report(f"`{kind}` is nothing that a function is known to do", place, hint)

    def check_codes(self, codes: object, keys: tuple[str, ...]) -> None:
        for code in codes if isinstance(codes, tuple) else ():
            if code not in CATALOGUE:
                place, message = self.toml_place(keys), f"there is no code `{code}`"
                finding = Diagnostic("WFC904", message, place, help=unknown_code_help(code))
                self.diagnostics.append(finding)

    def apply_environment(self, config: Config, environ: Mapping[str, str]) -> Config:
        out, store = environ.get("WFC_OUT"), environ.get("WFC_STORE")
        strict = environ.get("WFC_STRICT")
        return dataclasses.replace(
            config,
            out=out or config.out,
            store=store or config.store,
            strict=config.strict if strict is None else strict.lower() in ("1", "true", "yes", "on"),
        )

    # --- entrypoints, by precedence

    def own_entrypoints(self, config: Config) -> list[DeclaredEntrypoint]:
        text = self.sources.get(PYPROJECT, "")
        return [DeclaredEntrypoint(entry, text_span(text, PYPROJECT, entry)) for entry in config.entrypoints]

    def pyproject_entrypoints(self, table: dict[str, object]) -> list[DeclaredEntrypoint]:
        place = self.toml_place(("tool", "vercel", "workflows"))
        help_text = 'write `[[tool.vercel.workflows]]` with `entrypoint = "module:attr"`'
        entries = table.get("workflows", [])
        if not isinstance(entries, list):
            self.report("`tool.vercel.workflows` must be an array of tables", place, help_text)
            return []
        found = []
        for entry in entries:
            text = entry.get("entrypoint") if isinstance(entry, dict) else None
            if isinstance(text, str):
                source = self.sources.get(PYPROJECT, "")
                found.append(DeclaredEntrypoint(text, text_span(source, PYPROJECT, text)))
            else:
                self.report("a `[[tool.vercel.workflows]]` has no `entrypoint` string", place, help_text)
        return found

    def vercel_entrypoints(self, table: dict[str, object]) -> list[DeclaredEntrypoint]:
        source = self.sources.get(VERCEL, "")
        services = table.get("experimentalServices", {})
        if not isinstance(services, dict):
            place = text_span(source, VERCEL, "experimentalServices")
            self.report("`experimentalServices` must be an object of services", place, "write `{...}`")
            return []
        found = []
        for name, service in services.items():
            if not isinstance(service, dict) or service.get("type") != "worker":
                continue
            entry, topics = service.get("entrypoint"), service.get("topics", [])
            place = text_span(source, VERCEL, name)
            if not isinstance(entry, str):
                message = f"service `{name}` has no `entrypoint` string"
                self.report(message, place, 'add `"entrypoint": "path/to/file.py"`')
            elif not isinstance(topics, list) or not all(isinstance(t, str) for t in topics):
                message = f"`topics` of service `{name}` must be a list of strings"
                self.report(message, place, 'write `"topics": ["__wkf_*"]`')
            else:
                span = text_span(source, VERCEL, entry)
                found.append(DeclaredEntrypoint(entry, span, tuple(topics), name))
        return found


def is_usable(text: str) -> bool:
    """Say whether a text can be part of a path: the system takes neither null bytes nor names of any length."""
    return "\0" not in text and len(text) <= _LONGEST


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def topics_diagnostic(entry: DeclaredEntrypoint) -> Diagnostic:
    """Return the warning about a service whose topics don't carry workflow messages."""
    return Diagnostic(
        "WFC021",
        f"the topics of service `{entry.service}` don't cover `__wkf_*`",
        entry.span,
        label="this worker would never be told about a workflow",
        help='write `"topics": ["__wkf_*"]` in this service',
        severity=Severity.WARNING,
    )


def _read_value(key: str, value: object) -> object | None:
    """Return the value in the form that `Config` keeps, None when its type is wrong."""
    kind = _KINDS[key]
    if key == "src" and isinstance(value, str):
        return (value,)
    if key == "slice":
        return value if value in ("safe", "minimal") else None
    if kind == "true or false":
        return value if isinstance(value, bool) else None
    if kind == "a string":
        return value if isinstance(value, str) else None
    if isinstance(value, list):
        texts = kind.endswith(_TEXTS) and all(isinstance(item, str) for item in value)
        return tuple(value) if texts else None
    if not isinstance(value, dict):
        return None
    if key == "decls":
        return dict(value) if all(isinstance(item, str) for item in value.values()) else None
    if key == "per-file-ignores":
        lists = {name: _read_value("ignore", item) for name, item in value.items()}
        return None if None in lists.values() else lists
    return None
