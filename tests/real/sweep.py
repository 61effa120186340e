"""Probe every route of some subjects, each in an interpreter of its own, and say what came of it.

python -m tests.real [NAME ...]        all subjects, or those named; prints the report, exits with 1 on a difference
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .packages import Subject, install, installed, known_reason, standard
from .scratch import Cut, Size, build

SECONDS = 120
SITE = "site"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Probed:
    """What the probe found in one route."""

    cut: Cut
    loaded: bool
    problem: str | None = None
    original: str | None = None
    calls: int = 0
    values: int = 0
    different: Sequence[str] = field(default=())

    @property
    def is_different(self) -> bool:
        """Say whether the route does other than its original."""
        return bool(self.different) or (not self.loaded and self.original is None)

    @property
    def failed(self) -> bool:
        """Say whether it does, and nobody knows why."""
        return self.is_different and known_reason(f"{self.cut.target.module}.{self.cut.target.name}") is None


def sweep(names: Sequence[str], scratch: Path) -> list[Probed]:
    """Build and probe the standard library and the installed packages, or only those that are named."""
    site = scratch / SITE
    subjects = [subject for subject in (standard(), *installed()) if not names or subject.name in names]
    if any(subject.name != "stdlib" for subject in subjects) and not site.exists():
        install(site)
    library = Path(sysconfig.get_path("stdlib"))
    return [
        probed
        for subject in subjects
        for probed in probe_subject(subject, library if subject.name == "stdlib" else site, scratch / subject.name)
    ]


def probe_subject(subject: Subject, library: Path, root: Path) -> list[Probed]:
    """Build one subject's routes and probe each."""
    cuts = build(subject, library, root)
    work = root / "work"
    work.mkdir()
    outside = _outside(library, root) if library.name == SITE else None
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        return list(pool.map(lambda cut: _probe(cut, library, outside, work), cuts))


def _probe(cut: Cut, library: Path, outside: Path | None, work: Path) -> Probed:
    order = {
        "route": str(cut.directory),
        "root": str(cut.root),
        "library": str(library),
        "module": cut.target.module,
        "name": cut.target.name,
        "alone": outside is not None,
    }
    path = os.pathsep.join(str(folder) for folder in (ROOT, outside) if folder is not None)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "tests.real.probe", json.dumps(order)]
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return Probed(cut, loaded=True, problem="the probe took too long")
    except (IndexError, ValueError):
        return Probed(cut, loaded=False, problem=f"the probe died: {done.stderr.strip()[-300:]}")
    return Probed(cut, **found)


def _outside(library: Path, root: Path) -> Path:
    """Return a folder with links to everything that is installed but the subject, which a route must not find there."""
    view = root / "others"
    view.mkdir()
    own = {path.name.removesuffix(".py") for path in (root / "src").iterdir()}
    for path in library.iterdir():
        announced = path / "entry_points.txt"
        text = announced.read_text(encoding="utf-8") if announced.exists() else ""
        # What a distribution announces to itself would be looked for outside the route.
        if path.name.removesuffix(".py") not in own and not any(f"[{name}." in text for name in own):
            (view / path.name).symlink_to(path)
    return view


def report(probed: Sequence[Probed]) -> str:
    """Return the figures, and every difference."""
    bad = [one for one in probed if one.failed]
    called = [one for one in probed if one.calls]
    lines = [
        f"{len({one.cut.subject for one in probed})} subjects, {len(probed)} functions and classes, "
        f"{sum(one.loaded for one in probed)} routes loaded, "
        f"{sum(one.original is not None for one in probed)} whose original does not load here",
        f"{len(called)} called, {sum(bool(one.values) for one in called)} of them with a result at least once, "
        f"{sum(one.calls for one in called)} calls; {sum(not one.different for one in called)} equal, "
        f"{sum(bool(one.different) for one in called)} different",
        *_sizes(probed),
        *_whole(probed),
        *(f"  {name}: {text}" for name, text in _by_subject(probed)),
    ]
    known = Counter(
        known_reason(f"{one.cut.target.module}.{one.cut.target.name}")
        for one in probed
        if one.is_different and not one.failed
    )
    lines += [f"  known: {count} {reason}" for reason, count in known.most_common()]
    for one in bad:
        lines.append(f"FAILED {_dotted(one)} ({one.cut.directory}): {one.problem or ''}")
        lines += [f"    {text[:600]}" for text in one.different[:3]]
    return "\n".join(lines)


def _dotted(one: Probed) -> str:
    return f"{one.cut.subject}: {one.cut.target.module}.{one.cut.target.name}"


def _sizes(probed: Sequence[Probed]) -> Iterator[str]:
    kinds: list[tuple[str, Callable[[Size], int]]] = [
        ("modules", lambda size: size.modules),
        ("statements", lambda size: size.statements),
        ("bytes", lambda size: size.bytes),
    ]
    for kind, measure in kinds:
        kept = [measure(one.cut.size) for one in probed]
        whole = [measure(one.cut.closure) for one in probed]
        shares = [mine / theirs for mine, theirs in zip(kept, whole, strict=True) if theirs]
        yield (
            f"{kind}: {sum(kept):,} of {sum(whole):,} ({sum(kept) / max(sum(whole), 1):.1%}); "
            f"median {median(kept):,.0f} of {median(whole):,.0f}, median share {median(shares):.1%}"
        )


def _whole(probed: Sequence[Probed]) -> Iterator[str]:
    modules = sum(one.cut.size.modules for one in probed)
    whole = Counter(_reason(reason) for one in probed for reason in one.cut.whole.values())
    yield (
        f"whole modules: in {sum(bool(one.cut.whole) for one in probed) / len(probed):.1%} of the routes; "
        f"{sum(whole.values())} of {modules} modules ({sum(whole.values()) / max(modules, 1):.1%})"
    )
    for reason, count in whole.most_common():
        routes = sum(any(_reason(text) == reason for text in one.cut.whole.values()) for one in probed)
        names = Counter(name for one in probed for name, text in one.cut.whole.items() if _reason(text) == reason)
        yield f"  {count} times in {routes} routes: {reason} ({_listed(names.most_common(8))})"


def _reason(text: str) -> str:
    return text.partition(", ")[0]


def _listed(counted: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted)


def _by_subject(probed: Sequence[Probed]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(one.cut.subject for one in probed):
        own = [one for one in probed if one.cut.subject == name]
        kept, whole = (
            sum(sizes) for sizes in zip(*((o.cut.size.bytes, o.cut.closure.bytes) for o in own), strict=True)
        )
        yield (
            name,
            (
                f"{len(own)} functions, {sum(one.calls > 0 for one in own)} called, {kept / max(whole, 1):.1%} of the "
                f"bytes, {sum(bool(one.cut.whole) for one in own)} routes with whole modules"
            ),
        )
