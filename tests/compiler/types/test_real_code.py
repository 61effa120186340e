"""Annotations and classes of real packages: everything they name is found, and classes are what they are at run time.

The sample is read in the suite; `make sweep` reads all of the installed packages and the standard library.
"""

from __future__ import annotations

import ast
import importlib
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import typing_extensions

from wfc.codec import ModuleNames
from wfc.codec.objects import shape_of
from wfc_compiler.binder import Module, Names
from wfc_compiler.diagnostics import Diagnostic
from wfc_compiler.project import SourceFile
from wfc_compiler.syntax import all_parameters, parse_source
from wfc_compiler.types import Kind, Types, show
from wfc_compiler.types.structure import Missing

SITE = Path(sysconfig.get_paths()["purelib"])
STANDARD = Path(sysconfig.get_paths()["stdlib"])
SAMPLE = ("httpx", "httpcore", "fastapi", "starlette", "annotated_types", "click")
RECORDED = frozenset({Kind.MODEL, Kind.DATACLASS, Kind.NAMED_TUPLE, Kind.ENUM})
REFUSED = frozenset({Kind.PLAIN, Kind.ATTRS, Kind.STRUCT, Kind.VALUE, Kind.EXCEPTION})


def modules_of(root: Path, files: Iterator[Path]) -> dict[str, Module]:
    """Return the modules of some files as those of a project at `root`."""
    found: dict[str, Module] = {}
    for path in files:
        relpath = path.relative_to(root)
        name = ".".join(relpath.with_suffix("").parts).removesuffix(".__init__")
        data = path.read_bytes()
        parsed = parse_source(data, str(relpath))
        if not isinstance(parsed, Diagnostic):
            text, tree = parsed
            source = SourceFile(path, str(relpath), name, path.name == "__init__.py", data, text)
            found[name] = Module(source, tree)
    return found


def annotations_in(module: Module) -> Iterator[ast.expr]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = [parameter.annotation for parameter in all_parameters(node.args)] + [node.returns]
            yield from (annotation for annotation in found if annotation is not None)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation


def missing_in(modules: dict[str, Module]) -> list[str]:
    """Return what annotations name and nothing is said to define."""
    types = Types(Names(modules))
    return [
        f"{module.name}:{annotation.lineno} {show(type)}"
        for module in modules.values()
        for annotation in annotations_in(module)
        if isinstance(type := types.of(module, annotation), Missing)
    ]


def misjudged(modules: dict[str, Module]) -> list[str]:
    """Return the classes of importable modules that the codec sees otherwise than their source is read."""
    types = Types(Names(modules))
    wrong = []
    for module in modules.values():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded = importlib.import_module(module.name)
        except BaseException:  # noqa: BLE001 (a module that can't be imported here has no classes to compare)
            continue
        for statement in module.tree.body:
            cls = types.classes.at(f"{module.name}.{getattr(statement, 'name', '')}")
            real = getattr(loaded, cls.node.name, None) if cls is not None and cls.node is statement else None
            if cls is None or not isinstance(real, type) or real.__module__ != module.name:
                continue
            kind = types.classes.kind(cls)
            typed_dict = typing_extensions.is_typeddict(real)
            recorded = shape_of(real, ModuleNames()) is not None
            agrees = not ((kind in RECORDED and not recorded) or (kind in REFUSED and (recorded or typed_dict)))
            if not agrees or (kind is Kind.TYPED_DICT) is not typed_dict:
                wrong.append(f"{cls.dotted}: {kind.value}")
    return wrong


def packages(names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        yield from sorted((SITE / name).rglob("*.py"))


def test_a_sample_names_nothing_that_is_missing() -> None:
    """Working code has no annotation that names nothing."""
    modules = modules_of(SITE, packages(SAMPLE))
    assert len(modules) > 100
    assert missing_in(modules) == []


def test_the_classes_of_a_sample_are_what_they_are() -> None:
    """What the source says of a class is what the codec finds."""
    assert misjudged(modules_of(SITE, packages(SAMPLE))) == []


@pytest.mark.sweep
@pytest.mark.parametrize("root", [SITE, STANDARD], ids=["installed", "standard"])
def test_all_code_names_nothing_that_is_missing(root: Path) -> None:
    """No annotation of any package, nor of the standard library."""
    files = (path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.relative_to(root).parts)
    assert missing_in(modules_of(root, (path for path in files if "test" not in path.as_posix()))) == []


@pytest.mark.sweep
def test_the_classes_of_all_code_are_what_they_are() -> None:
    """No class of any package that can be imported."""
    names = ("pydantic", "pydantic_core", "libcst", "jinja2", "rich", "hypothesis", "anyio", "uvicorn", "mypy")
    assert misjudged(modules_of(SITE, packages((*SAMPLE, *names)))) == []
