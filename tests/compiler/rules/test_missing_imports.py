"""Steps that a workflow calls and doesn't import, the commonest mistake of all."""

from __future__ import annotations

from pathlib import Path

from tests.compiler.conftest import write_project
from wfc_compiler.checking import check_project

PAGE = """
# file: vercel.json
{"experimentalServices": {"w": {"type": "worker", "entrypoint": "app/flow.py", "topics": ["__wkf_*"]}}}
# file: app/flow.py
from app.workflow import wf

@wf.workflow
async def ai_content_workflow(*, topic: str):
    draft = await generate_draft(topic=topic)
    return await genrate(draft), await sortd(draft)
# file: app/steps.py
from app.workflow import wf

@wf.step
async def generate_draft(*, topic: str): ...
# file: app/other.py
from app.workflow import wf

@wf.step
async def lonely(): ...
"""


def test_a_step_that_no_entrypoint_reaches_is_found_by_its_name(tmp_path: Path) -> None:
    """The finding says which import is missing; that its module isn't reached is the same cause and not said twice."""
    write_project(tmp_path, PAGE)
    found = {(item.code, item.message): item for item in check_project(tmp_path).diagnostics}
    missing = found["WFC016", "`generate_draft` is not defined"]
    assert missing.help == "add `from app.steps import generate_draft` to app/flow.py"
    assert [note.span.path for note in missing.secondary] == ["app/steps.py"]
    assert [message for code, message in found if code == "WFC013"] == [
        "no entrypoint reaches `app.other`, which defines `lonely`"
    ]


def test_a_builtin_is_only_suggested_where_it_is_very_close(tmp_path: Path) -> None:
    """`enumerate` is no likely meaning of `genrate`, `sorted` is one of `sortd`."""
    write_project(tmp_path, PAGE)
    helps = {item.message: item.help for item in check_project(tmp_path).diagnostics if item.code == "WFC016"}
    assert helps["`genrate` is not defined"] == "define or import `genrate`"
    assert helps["`sortd` is not defined"] == "did you mean `sorted`?"
