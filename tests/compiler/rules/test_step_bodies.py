"""What the rules about steps make of the shapes that code comes in, beyond their own examples; and their fixes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.test_examples import check_example
from wfc_compiler.cli.fixing import make_fixes
from wfc_compiler.pipeline import check_project
from wfc_compiler.rules.scaffold import in_flow, in_step

HEAD = "import asyncio, contextlib, functools, httpx, logging, requests, time\nlogger = logging.getLogger(__name__)\n"
CODES = frozenset({"WFC602", "WFC603", "WFC604", "WFC607"})


def found_in(body: str, root: Path, *, before: str = "", plain: bool = False) -> list[str]:
    """Return the codes found in a step with this body."""
    text = HEAD + before + in_step("\n    ".join(body.splitlines()))
    if plain:
        text = text.replace("async def work", "def work")
    return [item.code for item in check_example(text, root).diagnostics if item.code in CODES]


def fixed(example: str, root: Path) -> str:
    """Return the text of `app.py` after `wfc check --fix`, "" where nothing is changed."""
    made = make_fixes(root, check_example(example, root), lambda buffers: check_project(root, buffers))
    return next((data.decode() for data in made.contents.values()), "")


# --- 603

BLOCKING = {
    "in a loop": "for url in [name]:\n    requests.get(url)",
    "with a client": "with httpx.Client() as client:\n    return client.get(name)",
    "in an inner coroutine": "async def one():\n    return requests.get(name)\nreturn await one()",
    "under another name": "from requests import get as fetch\nreturn fetch(name).text",
    "one finding for a call and what it gives": "return requests.get(name).json()",
}
NOT_BLOCKING = {
    "in a thread": "return await asyncio.to_thread(requests.get, name)",
    "in an executor": "return await asyncio.get_running_loop().run_in_executor(None, requests.get, name)",
    "a partial in a thread": "return await asyncio.to_thread(functools.partial(requests.get, name))",
    "a session that is only made": "session = requests.Session()\nreturn str(session)",
    "an exception class": "raise requests.HTTPError(name)",
    "the event loop's sleep": "await asyncio.sleep(1)",
    "a function of its own": "def fetch():\n    return requests.get(name)\nreturn await asyncio.to_thread(fetch)",
}


@pytest.mark.parametrize("body", BLOCKING.values(), ids=BLOCKING)
def test_a_blocking_call_in_the_event_loop_is_found(body: str, tmp_path: Path) -> None:
    """Wherever in an `async def` step it stands; a `def` step may block."""
    assert found_in(body, tmp_path) == ["WFC603"]
    if "await" not in body:
        (tmp_path / "plain").mkdir()
        assert found_in(body, tmp_path / "plain", plain=True) == []


@pytest.mark.parametrize("body", NOT_BLOCKING.values(), ids=NOT_BLOCKING)
def test_what_does_not_block_is_left_alone(body: str, tmp_path: Path) -> None:
    """Threads, constructors and what is only mentioned."""
    assert found_in(body, tmp_path) == []


def test_a_step_is_made_plain(tmp_path: Path) -> None:
    """The fix takes away `async`, and what is left has no finding."""
    text = fixed("import requests\n" + in_step("return requests.get(name).text"), tmp_path)
    assert "\n@wf.step\ndef work(name: str):" in text
    (tmp_path / "again").mkdir()
    assert not [item for item in check_example(text, tmp_path / "again").diagnostics if item.code == "WFC603"]


KEPT_ASYNC = {
    "awaits": "await asyncio.sleep(1)\nreturn requests.get(name).text",
    "iterates": "return [x async for x in name] and requests.get(name)",
    "the running loop": "asyncio.get_running_loop()\nreturn requests.get(name).text",
    "a helper, which may need the loop": "helper()\nreturn requests.get(name).text",
    "what can't be resolved": "[name][0].fetch(), unknown.of()\nreturn requests.get(name).text",
}


@pytest.mark.parametrize("body", KEPT_ASYNC.values(), ids=KEPT_ASYNC)
def test_a_step_that_may_need_the_loop_is_not_rewritten(body: str, tmp_path: Path) -> None:
    """The fix is made only where it is safe."""
    before = "def helper():\n    return asyncio.current_task()\n"
    assert fixed(HEAD + before + in_step("\n    ".join(body.splitlines())), tmp_path) == ""


def test_a_step_whose_function_is_taken_is_not_rewritten(tmp_path: Path) -> None:
    """Somebody awaits the plain function: it has to stay a coroutine function."""
    taken = "\nasync def try_out():\n    return await work.func('x')\n"
    assert fixed("import requests\n" + in_step("return requests.get(name).text") + taken, tmp_path) == ""


def test_the_body_of_a_step_is_replaced_by_the_step(tmp_path: Path) -> None:
    """`await charge.func(1)` becomes `await charge(1)`, over several lines, too."""
    assert "return await charge(1)\n" in fixed(in_flow("return await charge.func(1)"), tmp_path)
    (tmp_path / "lines").mkdir()
    text = fixed(in_flow("return await (charge\n        .func)(1)"), tmp_path / "lines")
    assert "return await (charge)(1)\n" in text
    (tmp_path / "alias").mkdir()
    assert (
        fixed("class Plain:\n    body = None\n" + in_flow("pay = charge.func\n    await pay(1)"), tmp_path / "alias")
        == ""
    )


# --- 604 and 607

HIDDEN = {
    "logging": "try:\n    await send(name)\nexcept Exception:\n    logger.exception('no')",
    "returning nothing": "try:\n    return await send(name)\nexcept Exception as error:\n    print(error)\n    return",
    "item by item": "for url in [name]:\n    try:\n        await send(url)\n    except Exception:\n        continue",
    "everything": "try:\n    await send(name)\nexcept BaseException:\n    pass",
    "a client that is handed in": "client = make()\ntry:\n    await client.send(name)\nexcept Exception:\n    pass",
}
SHOWN = {
    "raised again": "try:\n    await send(name)\nexcept Exception:\n    logger.exception('no')\n    raise",
    "an outcome": "ok = False\ntry:\n    await send(name)\n    ok = True\nexcept Exception:\n    pass\nreturn ok",
    "raised afterwards": "sent = None\ntry:\n    sent = await send(name)\nexcept Exception:\n    pass\n"
    "if sent is None:\n    raise ValueError(name)",
    "counted": "failed = []\ntry:\n    await send(name)\nexcept Exception:\n    failed.append(name)",
    "another way": "try:\n    await send(name)\nexcept Exception:\n    await send('other')",
    "a favour after the work": "await send(name)\ntry:\n    await send('metrics')\nexcept Exception:\n    pass",
    "nothing that leaves the process": "try:\n    int(name)\nexcept Exception:\n    pass",
    "what is expected": "try:\n    await send(name)\nexcept httpx.TimeoutException:\n    pass",
}
SEND = """\
def make(): ...
async def send(url):
    async with httpx.AsyncClient() as client:
        await client.post(url)
"""


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN)
def test_a_failure_that_is_hidden_is_found(body: str, tmp_path: Path) -> None:
    """All that a step does is inside a block from which no failure gets out."""
    assert found_in(body, tmp_path, before=SEND) == ["WFC604"]


@pytest.mark.parametrize("body", SHOWN.values(), ids=SHOWN)
def test_a_failure_that_shows_is_left_alone(body: str, tmp_path: Path) -> None:
    """It is raised, returned, counted, or not that of the step's work."""
    assert found_in(body, tmp_path, before=SEND) == []


BARE = {
    "a comparison": "if len(name) > 3:\n    raise Exception('long')",
    "the class alone": "if not name:\n    raise Exception",
    "an else": "if name:\n    pass\nelse:\n    raise Exception('none')",
    "a constant": "LIMIT = 3\nif len(name) > LIMIT:\n    raise Exception('long')",
}
NOT_BARE = {
    "a class of its own": "if not name:\n    raise RuntimeError('none')",
    "after a call": "found = await send(name)\nif not name:\n    raise Exception('none')",
    "of something else": "if time.time() > len(name):\n    raise Exception('late')",
    "of a global": "if busy:\n    raise Exception('busy')",
    "always": "raise Exception('not yet')",
}


@pytest.mark.parametrize("body", BARE.values(), ids=BARE)
def test_a_bare_exception_for_the_arguments_is_found(body: str, tmp_path: Path) -> None:
    """What only the arguments decide has the same outcome on each attempt."""
    assert found_in(body, tmp_path) == ["WFC607"]


@pytest.mark.parametrize("body", NOT_BARE.values(), ids=NOT_BARE)
def test_an_exception_that_a_retry_may_mend_is_left_alone(body: str, tmp_path: Path) -> None:
    """It depends on the world, or has a class that says more."""
    assert found_in(body, tmp_path, before=SEND + "busy = False\n") == []


# --- 602

POST = in_step("async with httpx.AsyncClient() as client:\n        await client.post(name)")


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        pytest.param("", [], id="off"),
        pytest.param('enable = ["WFC602"]', ["WFC602"], id="on"),
        pytest.param('enable = ["WFC602"]\nignore = ["WFC602"]', [], id="on and ignored"),
    ],
)
def test_a_rule_that_is_off_by_default_is_switched_on(settings: str, codes: list[str], tmp_path: Path) -> None:
    """`enable` names it; `ignore` has the last word."""
    example = f"# file: pyproject.toml\n[tool.wfc]\n{settings}\n# file: app.py\nimport httpx\n{POST}"
    assert [item.code for item in check_example(example, tmp_path).diagnostics] == codes


def test_what_is_off_is_no_unused_suppression(tmp_path: Path) -> None:
    """A suppression for a rule that is off waits for it."""
    text = "import httpx\n" + POST.replace("post(name)", "post(name)  # wfc: ignore[WFC602] -- harmless")
    assert check_example(text, tmp_path).diagnostics == ()


def test_an_unknown_code_cannot_be_enabled(tmp_path: Path) -> None:
    """A misspelt code is an error of the configuration."""
    settings = '# file: pyproject.toml\n[tool.wfc]\nenable = ["WFC6O2"]\n'
    result = check_example(f"{settings}# file: app.py\nimport httpx\n{POST}", tmp_path)
    assert [item.code for item in result.diagnostics] == ["WFC904"]
