"""A compiled workflow catches third-party exceptions of its steps without importing their package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.conftest import Compile, Compiled
from tests.runtime.memory_run import MemoryRun, let_go
from wfc.errors import FatalError

PROJECT = """\
# file: app/errors.py
import acme_pay
from acme_pay import Declined as No
TRANSIENT = (acme_pay.Busy, TimeoutError)
class OwnDeclined(acme_pay.Declined): pass
# file: app/flow.py
import acme_pay
from wfc import FatalError
from acme_pay.errors import AcmeError
from app.workflow import wf
from app.errors import No, TRANSIENT, OwnDeclined

@wf.step
async def charge(tag: str) -> str:
    if tag == "own":
        raise OwnDeclined
    return str(acme_pay.charge(tag))

@wf.workflow
async def pay() -> str:
    try:
        return await charge("a")
    except No as error:
        return f"declined {error}"
    except TRANSIENT as error:
        return f"transient {error}"
    except (acme_pay.Strange, AcmeError) as error:
        return f"other {error}"
    except (FatalError, KeyError) as error:
        return f"fatal {error}"
"""
PACKAGE = {
    "__init__.py": "from .errors import *\nfrom .errors import Odd as Strange\ndef charge(tag): return 1\n",
    "errors.py": "class AcmeError(Exception): pass\nclass Declined(AcmeError): pass\nclass Busy(AcmeError): pass\n"
    "class Odd(Exception): pass\n",
}


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package that can be imported, and is not."""
    for name, text in PACKAGE.items():
        (tmp_path / "site" / "acme_pay").mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / "acme_pay" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield
    forget()
    let_go()


def forget() -> None:
    for name in ("acme_pay", "acme_pay.errors"):
        sys.modules.pop(name, None)


def raised(class_name: str, *bases: str) -> BaseException:
    """Return an exception as a step's process has it: of classes that aren't loaded here."""
    cls: type[Exception] = Exception
    for name in (*reversed(bases), class_name):
        module, _, own = name.rpartition(".")
        cls = type(own, (cls,), {"__module__": module})
    return cls("it said no")


def outcome(compiled: Compiled, error: BaseException) -> str:
    """Run the flow, whose step fails for good, and replay it; another process's replay must end alike."""
    run = MemoryRun(compiled.load("pay")).begin()
    again = run.replayed(flow=compiled.load("pay"))
    run.fail(error)
    again.fail(error)
    run.replayed()
    assert again.result == run.result
    return str(run.result)


def test_the_flow_holds_no_import_of_what_it_only_catches(acme: None, compile_text: Compile) -> None:
    """Neither the import, nor a tuple of such classes, nor first-party subclasses that would bring it back."""
    compiled = compile_text(PROJECT)
    assert compiled.route("pay").imports == ()
    assert "app/errors.py" not in compiled.route("pay").files
    assert compiled.route("charge").imports == ("acme_pay",)
    compiled.load("pay")
    assert "acme_pay" not in sys.modules


@pytest.mark.parametrize(
    ("error", "expected", "imports"),
    [
        pytest.param(raised("acme_pay.Declined"), "declined it said no", False, id="the very name"),
        pytest.param(raised("shop.Own", "acme_pay.Declined"), "declined it said no", False, id="a subclass"),
        pytest.param(raised("acme_pay.errors.Busy"), "transient it said no", True, id="defined in another module"),
        pytest.param(TimeoutError("it said no"), "transient it said no", False, id="a builtin in the tuple"),
        pytest.param(raised("acme_pay.errors.Odd"), "other it said no", True, id="exported by another name"),
        pytest.param(raised("acme_pay.New", "acme_pay.errors.AcmeError"), "other it said no", True, id="a base"),
        pytest.param(raised("zebra.Stripes"), "fatal it said no", False, id="of another package"),
        pytest.param(KeyError("a"), "fatal 'a'", False, id="a builtin"),
        pytest.param(FatalError("stop"), "fatal stop", False, id="fatal"),
    ],
)
def test_classes_are_matched_by_name(
    acme: None, compile_text: Compile, error: BaseException, expected: str, imports: bool
) -> None:
    """What a step raised is caught by the clause that names its class; other packages are never imported for that."""
    forget()
    compiled = compile_text(PROJECT)
    assert outcome(compiled, error) == expected
    assert ("acme_pay" in sys.modules) is imports


def test_a_package_that_cannot_be_imported_is_matched_by_class_name(compile_text: Compile) -> None:
    """A worker may lack what the step's process has."""
    compiled = compile_text(PROJECT)
    assert outcome(compiled, raised("acme_pay.errors.Busy")) == "transient it said no"
    assert outcome(compiled, raised("acme_pay.errors.Unknown")) == "fatal it said no"
    assert outcome(compiled, raised("zebra.Busy")) == "fatal it said no"
    let_go()


def test_a_loaded_package_answers_by_itself(compile_text: Compile) -> None:
    """`pydantic.ValidationError` is defined in another package."""
    compiled = compile_text(
        """\
        # file: app/flow.py
        import pydantic
        from app.workflow import wf
        @wf.step
        async def charge(tag: str) -> str: return tag
        @wf.workflow
        async def pay() -> str:
            try: return await charge("a")
            except pydantic.ValidationError as error: return f"invalid {error.error_count()}"
        """
    )
    import pydantic

    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(int).validate_python("x")
    assert outcome(compiled, caught.value) == "invalid 1"
    let_go()


def test_a_package_that_is_used_otherwise_is_imported(acme: None, compile_text: Compile) -> None:
    """Only what nothing but `except` clauses need goes."""
    compiled = compile_text(
        """\
        # file: app/flow.py
        import acme_pay
        from app.workflow import wf
        @wf.step
        async def charge(tag: str) -> str: return tag
        @wf.workflow
        async def pay() -> str:
            try: return await charge("a")
            except acme_pay.Busy as error:
                return f"busy {isinstance(error, acme_pay.Busy)}"
        """
    )
    assert compiled.route("pay").imports == ("acme_pay",)
    assert outcome(compiled, raised("acme_pay.errors.Busy")) == "busy True"
