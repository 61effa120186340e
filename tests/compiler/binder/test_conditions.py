"""Which tests of `if` statements a build decides, and which it leaves to run time."""

from __future__ import annotations

import ast
import sys

import pytest

from wfc_compiler.binder import fold_test


@pytest.mark.parametrize(
    "test",
    [
        "sys.version_info >= (3, 8)",
        "sys.version_info > (3,)",
        "sys.version_info[0] == 3",
        "sys.version_info[:2] >= (3, 8)",
        "sys.version_info.major == 3",
        "sys.version_info.minor >= 11",
        "sys.version_info < (3, 8)",
        "sys.version_info[:1] != (3,)",
        "not TYPE_CHECKING",
        "typing.TYPE_CHECKING or sys.version_info < (3,)",
        "sys.version_info >= (3, 8) and not typing.TYPE_CHECKING",
        "anything or True",
        "0",
    ],
)
def test_what_python_decides_is_decided_as_python_does(test: str) -> None:
    """The version, `TYPE_CHECKING` and constants are known."""
    names = {"sys": sys, "TYPE_CHECKING": False, "typing": type("typing", (), {"TYPE_CHECKING": False}), "anything": 0}
    assert fold_test(ast.parse(test, mode="eval").body) is bool(eval(test, names))


@pytest.mark.parametrize(
    "test",
    [
        "sys.platform == 'win32'",
        "sys.version_info >= MINIMUM",
        "sys.version_info >= (3, MINOR)",
        "sys.version_info[3] == 'final'",
        "sys.version_info >= 3",
        "os.environ.get('X')",
        "TYPE_CHECKING or x",
        "x and True",
        "3 < sys.version_info[0]",
    ],
)
def test_what_depends_on_the_run_is_left_open(test: str) -> None:
    """A platform is not that of the deployment, and a name may hold anything."""
    assert fold_test(ast.parse(test, mode="eval").body) is None
