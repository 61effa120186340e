"""Workflows made of real code: for each public function and class of a subject one that calls it, checked and not run.

    src/textwrap.py                    copied
    src/wfc_targets/textwrap.py        from textwrap import wrap as target
                                       @wf.workflow
                                       async def wrap_(x, y): target(x, y)

    python -m tests.real.flows [NAME ...]        what the check finds in the standard library and packages, or in those

Code that computes gets no finding; what is found in the rest is for a person to judge: `report` shows some of each.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wfc_compiler.checking import CheckResult, check_project
from wfc_compiler.diagnostics import Diagnostic, render_full

from .packages import Subject, copy_sources, install, installed, standard
from .scratch import TARGETS

REGISTRY = "import wfc\n\nwf = wfc.Workflows()\n"
HEAD = "import {module}\nfrom {targets}.registry import wf\n"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
EXAMPLES = 8


@dataclass(frozen=True)
class Found:
    """What the check says about one subject, of which `workflows` call everything."""

    subject: str
    workflows: int
    result: CheckResult

    @property
    def findings(self) -> Sequence[Diagnostic]:
        """Return the findings in the code of the subject, not in the workflows made for it."""
        return [item for item in self.result.diagnostics if f"/{TARGETS}/" not in item.span.path]


def check_subject(subject: Subject, library: Path, root: Path) -> Found:
    """Make the project of a subject and check it."""
    source = root / "src"
    (source / TARGETS).mkdir(parents=True)
    copy_sources(subject, library, source)
    (root / "pyproject.toml").write_text('[tool.wfc]\nsrc = ["src"]\n', encoding="utf-8")
    (source / TARGETS / "__init__.py").touch()
    (source / TARGETS / "registry.py").write_text(REGISTRY, encoding="utf-8")
    workflows = 0
    for number, path in enumerate(sorted(source.rglob("*.py"))):
        dotted = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        if dotted.startswith(TARGETS) or any(part in dotted for part in ("__main__", "conftest", "_vendor")):
            continue
        made = list(_workflows(path, dotted))
        workflows += len(made)
        text = "\n\n".join([HEAD.format(module=dotted, targets=TARGETS), *made])
        (source / TARGETS / f"m{number:04}.py").write_text(text + "\n", encoding="utf-8")
    return Found(subject.name, workflows, check_project(root))


def _workflows(path: Path, dotted: str) -> Iterator[str]:
    """Yield a workflow for each public function of a file, and for each class with its public methods."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return
    for node in tree.body:
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
            continue
        lines = [f"made = {_call(node, f'{dotted}.{node.name}')}"]
        members = [item for item in node.body if isinstance(item, _FUNCTIONS)] if isinstance(node, ast.ClassDef) else []
        methods = [item for item in members if not item.name.startswith("_") and not _is_property(item)]
        lines += [_call(method, f"made.{method.name}") for method in methods]
        yield f"@wf.workflow\nasync def {node.name}_(x, y):\n    " + "\n    ".join(lines)


def _call(node: ast.AST, name: str) -> str:
    if not isinstance(node, ast.AsyncFunctionDef):
        return f"{name}(x, y)"
    is_generator = any(isinstance(inner, ast.Yield) for inner in ast.walk(node))
    return f"[item async for item in {name}(x, y)]" if is_generator else f"await {name}(x, y)"


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(item) or ".setter" in ast.unparse(item) for item in node.decorator_list)


def report(found: Sequence[Found]) -> str:
    """Say how much was found of each code, with some examples in full."""
    counts = Counter(item.code for one in found for item in one.findings)
    parts = [f"{one.subject}: {one.workflows} workflows, {len(one.findings)} findings" for one in found]
    parts.append(", ".join(f"{code} {count}" for code, count in sorted(counts.items())))
    for code in sorted(counts):
        of_code = [(one, item) for one in found for item in one.findings if item.code == code]
        for one, item in of_code[:: max(1, len(of_code) // EXAMPLES)][:EXAMPLES]:
            parts.append(render_full([item], one.result.sources))
    return "\n".join(parts)


def sweep_flows(names: Sequence[str], scratch: Path) -> list[Found]:
    """Check the standard library and the installed packages, or only those that are named."""
    site = scratch / "site"
    subjects = [subject for subject in (standard(), *installed()) if not names or subject.name in names]
    if any(subject.name != "stdlib" for subject in subjects) and not site.exists():
        install(site)
    library = Path(sysconfig.get_path("stdlib"))
    return [
        check_subject(subject, library if subject.name == "stdlib" else site, scratch / subject.name)
        for subject in subjects
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="wfc-flows-") as folder:
        print(report(sweep_flows(sys.argv[1:], Path(folder))))
