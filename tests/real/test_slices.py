"""Real code, sliced: what a route holds of a well-known package does what the package does.

A sample over the standard library runs with the suite; `make sweep` takes the packages from outside, too.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from .packages import SAMPLE
from .sweep import probe_subject, report, sweep


def test_functions_of_the_standard_library_do_what_they_did(tmp_path: Path) -> None:
    """Sixty functions, each in a route of its own: all load, and all calls give the same."""
    probed = probe_subject(SAMPLE, Path(sysconfig.get_path("stdlib")), tmp_path / "sample")
    assert not any(one.failed for one in probed), report(probed)
    assert len(probed) == SAMPLE.functions
    assert sum(one.calls > 0 for one in probed) > SAMPLE.functions * 3 // 4, report(probed)


@pytest.mark.sweep
def test_functions_of_real_packages_do_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At least five hundred functions of at least fifteen packages; the figures are printed."""
    probed = sweep([], tmp_path)
    with capsys.disabled():
        print("\n" + report(probed), file=sys.stderr)  # what a worker of xdist prints elsewhere is lost
    assert not any(one.failed for one in probed)
    assert len(probed) >= 500
    assert len({one.cut.subject for one in probed}) > 15
