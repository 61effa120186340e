"""What the README shows is what the commands print, and `make demo` shows what it promises."""

import re
import shutil
from pathlib import Path

from tests.project import PYTHON, Project

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_emitted_route(content: Project) -> None:
    """The two files of generate_draft's route stand in the README as they were emitted."""
    content.wfc("build")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (route,) = (content.root / ".wfc" / "builds").glob("*/steps/generate_draft")
    for file in (route / "route.py", route / "app" / "steps" / "generate_draft.py"):
        assert f"```python\n{file.read_text()}```" in readme


def test_the_readme_shows_the_finding(content: Project) -> None:
    """The duration that the tour breaks is refused with the text that the README shows."""
    source = content.root / "app" / "workflows" / "ai_refine.py"
    source.write_text(source.read_text().replace('"7 days"', '"7 dayz"'))
    finding = content.wfc("check", code=1).out.partition("\n\n")[0]
    shown = "\n".join(f"    {line}" for line in finding.splitlines())
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_lowered_flow(shop: Project) -> None:
    """Every line of the README's lowered flow stands in the emitted one."""
    shop.wfc("build")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("**4. Lowered flow.**")[2].partition("```python\n")[2].partition("```")[0]
    (flow,) = (shop.root / ".wfc" / "builds").glob("*/flows/fulfil_order")
    emitted = "".join(path.read_text() for path in flow.rglob("*.py")).splitlines()
    assert len(shown.splitlines()) > 10
    assert [line for line in shown.splitlines() if line not in emitted and line.strip() != "..."] == []


def test_the_demo_shows_a_retry(content: Project) -> None:
    """The demo compiles, runs until an attempt failed, and prints the route, the attempts and the result."""
    shutil.copy(ROOT / "examples" / "demo.py", content.root.parent)
    content.env["CHANCES"] = "1"
    with content.spawn(content.root.parent / "demo.py", program=PYTHON) as process:
        done = process.wait()
    assert done.code == 0, done.err
    assert "async def generate_draft(*, topic: str):" in done.out
    assert re.search(r"summarize_draft  \S+ ms, 2 attempts  -> ", done.out)
    assert "step_retrying" in done.out
    assert '"summary": "Durable python, in 32 words."' in done.out
