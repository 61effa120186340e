"""Workflows made of real code: what computes gets no finding, what acts gets one where it acts.

A sample over the standard library runs with the suite; `make sweep` takes the packages from outside, too.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from wfc_compiler.diagnostics import Severity, severity_of

from .flows import Found, check_subject, report, sweep_flows
from .packages import Subject

# Nothing in these touches the world; `random` is the run's in `statistics`.
COMPUTING = """
    bisect colorsys copy csv fnmatch fractions graphlib heapq html ipaddress json numbers plistlib pprint stat
    statistics string stringprep textwrap token tomllib types
"""
# Packages of which the same is true, but for the files that are named.
QUIET = {
    "attrs": (), "idna": ("cli.py",), "markdown-it-py": ("cli/",), "parso": ("cache.py", "grammar.py"),
    "pyparsing": ("core.py",), "python-slugify": (), "sortedcontainers": (), "sqlparse": ("cli.py",), "tabulate": (),
    "toolz": ("core.py", "sandbox/"),
}  # fmt: skip
ACTING = ("filecmp", "ftplib", "glob", "netrc", "poplib", "secrets", "shelve", "smtplib", "socketserver", "timeit")


def loud(found: Found) -> list[str]:
    """Return the errors and warnings in a subject, as `path: code`."""
    findings = [item for item in found.findings if severity_of(item) is not Severity.INFO]
    return [f"{item.span.path.removeprefix('src/')}: {item.code} {item.message}" for item in findings]


def standard(*names: str) -> Subject:
    return Subject("stdlib", names, 0)


def test_code_that_computes_gets_no_finding(tmp_path: Path) -> None:
    """Two hundred functions and classes, with all their methods."""
    found = check_subject(standard(*COMPUTING.split()), Path(sysconfig.get_path("stdlib")), tmp_path)
    assert found.workflows > 150
    assert [line for line in loud(found) if not line.startswith("json/tool.py")] == [], report([found])


def test_code_that_acts_gets_one(tmp_path: Path) -> None:
    """Files, sockets, servers, clocks and secrets, each in the module that is about them."""
    found = check_subject(standard(*ACTING), Path(sysconfig.get_path("stdlib")), tmp_path)
    silent = {name for name in ACTING if not any(line.startswith((f"{name}.py", f"{name}/")) for line in loud(found))}
    assert silent == set()


@pytest.mark.sweep
def test_real_packages_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No package stops the check, and those that compute are quiet; the figures are printed for a person to read."""
    found = sweep_flows([], tmp_path)
    with capsys.disabled():
        print("\n" + report(found), file=sys.stderr)
    assert sum(one.workflows for one in found) > 3000
    for one in found:
        if one.subject in QUIET:
            outside = [line for line in loud(one) if not any(f"/{part}" in f"/{line}" for part in QUIET[one.subject])]
            assert outside == [], report([one])
