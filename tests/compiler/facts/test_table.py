"""The facts about library functions: which of them answers, and that the shipped files say what can be said."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from itertools import chain
from typing import Any

import pytest

from wfc_compiler.facts import Facts
from wfc_compiler.project.config import EFFECT_KINDS

LIBRARY = files("wfc_compiler.facts") / "library"
KINDS = EFFECT_KINDS | {f"rewritten_{kind}" for kind in ("clock", "random", "timezone")}
TABLES = {"returns", "bases", "same"}
TRAITS = {"blocks", "holds", "repeats"}


def shipped() -> dict[str, dict[str, Any]]:
    return {
        path.name.removesuffix(".toml"): tomllib.loads(path.read_text("utf-8"))
        for path in LIBRARY.iterdir()
        if path.name.endswith(".toml")
    }


@pytest.mark.parametrize(
    ("declarations", "name", "kind"),
    [
        pytest.param({}, "httpx.AsyncClient.get", "network", id="a shipped prefix"),
        pytest.param({}, "httpx.URL", "pure", id="a shipped name before a shipped prefix"),
        pytest.param({}, "somewhere.get", None, id="a package without facts"),
        pytest.param({}, "httpxtra.get", None, id="a name that only begins alike"),
        pytest.param({"somewhere.get": "impure:network"}, "somewhere.get", "network", id="a declared name"),
        pytest.param({"somewhere.get": "impure:network"}, "somewhere.set", None, id="not its neighbour"),
        pytest.param({"a.*": "pure"}, "a.b.c", "pure", id="a declared prefix"),
        pytest.param({"a.*": "pure"}, "a", None, id="a prefix isn't its own name"),
        pytest.param({"a.*": "pure", "a.b.*": "impure:clock"}, "a.b.c", "clock", id="the longer prefix"),
        pytest.param({"a.b.*": "impure:clock", "a.*": "pure"}, "a.b.c", "clock", id="in either order"),
        pytest.param({"a.b.*": "impure:clock", "a.b.c": "pure"}, "a.b.c", "pure", id="a name before prefixes"),
        pytest.param({"httpx.*": "pure"}, "httpx.AsyncClient.get", "pure", id="a declaration before what is shipped"),
        pytest.param({"time.*": "pure"}, "time.time", "pure", id="also before a shipped name"),
        pytest.param({"time.time": "pure"}, "time.sleep", "blocking", id="and no further"),
    ],
)
def test_the_most_specific_fact_counts(declarations: dict[str, str], name: str, kind: str | None) -> None:
    """Declarations come before what is shipped; among either a name, then longer prefixes, then shorter ones."""
    assert Facts.load(declarations).kind(name, has_arguments=True) == kind


def test_some_facts_are_about_calls_without_arguments() -> None:
    """`time.gmtime(0)` reads no clock."""
    facts = Facts.load({})
    assert facts.kind("time.gmtime", has_arguments=False) == "rewritten_clock"
    assert facts.kind("time.gmtime", has_arguments=True) != "rewritten_clock"


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("httpx.AsyncClient.get", "httpx.Response"),
        ("requests.sessions.Session.get", "requests.Response"),
        ("pymongo.MongoClient.Item", "pymongo.database.Database"),
        ("sqlmodel.Session.execute", "sqlalchemy.Result"),
        ("sqlalchemy.orm.Query.filter", "sqlalchemy.orm.Query"),
        ("sqlalchemy.orm.Query.count", None),
        ("httpx.AsyncClient.nothing", None),
        ("somewhere.get", None),
    ],
)
def test_results_are_known_through_bases_and_other_spellings(name: str, cls: str | None) -> None:
    """What a class doesn't say its bases say; `C.*` stands for all members of C that send nothing."""
    assert Facts.load({}).returns(name) == cls


def test_a_class_has_the_facts_of_its_bases() -> None:
    """Before the default of its package, and after what is said of itself."""
    facts = Facts.load({})
    assert facts.kind("sqlmodel.Session.commit", has_arguments=False) == "network"
    assert facts.kind("sqlmodel.Session.add", has_arguments=True) == "pure"
    assert facts.kind("langchain_openai.ChatOpenAI.ainvoke", has_arguments=True) == "network"
    assert facts.kind("yaml.safe_load", has_arguments=True) == "pure"


def test_what_a_module_is_made_of_does_what_it_does() -> None:
    """A constructor that is called by its name, and the modules in C behind those that people import."""
    facts = Facts.load({})
    assert facts.kind("smtplib.SMTP.__init__", has_arguments=True) == "network"
    assert facts.kind("socket.timeout.__init__", has_arguments=True) == "pure"
    assert facts.kind("_socket.socket.connect", has_arguments=True) == "network"
    assert facts.kind("_csv.reader", has_arguments=True) == "pure"


def test_plain_packages_have_no_file_of_their_own() -> None:
    """One place says what there is to say about a package."""
    listed = [name for names in shipped()["packages"].values() for name in names]
    assert sorted(listed) == sorted({*listed} - shipped().keys())


@pytest.mark.parametrize(
    ("trait", "name", "has"),
    [
        pytest.param("blocks", "time.sleep", True, id="a name"),
        pytest.param("blocks", "httpx.Client.get", True, id="a class"),
        pytest.param("blocks", "httpx.AsyncClient.get", False, id="not its neighbour"),
        pytest.param("blocks", "http.client.HTTPSConnection.request", True, id="through a base class"),
        pytest.param("holds", "warnings.catch_warnings", True, id="a name of another module"),
        pytest.param("repeats", "requests.get", False, id="another trait"),
        pytest.param("blocks", "somewhere.get", False, id="a package without facts"),
    ],
)
def test_traits_stand_beside_kinds(trait: str, name: str, *, has: bool) -> None:
    """What a function does beside its kind is asked for by name, class and base class."""
    assert Facts.load({}).has(trait, name) is has


@pytest.mark.parametrize("package", sorted(shipped().keys() - {"packages"}))
def test_a_file_says_what_can_be_said(package: str) -> None:
    """Kinds are those that rules know; names are about the file's own package, each once."""
    tables = shipped()[package]
    traits = tables.pop("traits", {})
    names = [name for kind, entries in tables.items() if kind not in TABLES for name in entries]
    assert tables.keys() <= KINDS | TABLES
    assert traits.keys() <= TRAITS
    assert all(sorted(listed) == sorted(set(listed)) for listed in traits.values())
    assert sorted(names) == sorted(set(names))
    if package != "stdlib":
        subjects = [*names, *(name for table in TABLES for name in tables.get(table, {})), *chain(*traits.values())]
        assert {name.partition(".")[0] for name in subjects} == {package}
        assert f"{package}.*" in names, "a package with facts has one for all that isn't named"
