"""`wfc inspect`: what has happened to a run, as a person reads it, and as a program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.runtime import probe
from tests.runtime.cli.conftest import Command, play
from tests.runtime.handmade import Project, write_build
from wfc.codec import Codec
from wfc.history import resume_command
from wfc.timewords import spoken

INSPECT = "inspecting:inspect"
STEPS = """
@wf.step
async def fine(n: int) -> int:
    return n

@wf.step
async def failing() -> None:
    probe.note("failing")
    raise ConnectionError("nobody answers")

@wf.step
async def declined() -> None:
    raise ValueError("declined") from KeyError("card")

@wf.step
def reads() -> str:
    from pathlib import Path
    return Path("/nowhere/at/all").read_text()

@wf.step
async def streams() -> None:
    await wfc.get_writable().write("a")

@wf.step
async def waits() -> None:
    await probe.gate("waits")
"""
FLOWS = """
@dataclass
class Approval(wfc.BaseHook):
    ok: bool = True

@wf.workflow
async def caught(n: int) -> str:
    await wfc.set_attributes(customer="42")
    await wfc.sleep(0.01)
    try:
        await declined()
    except ValueError:
        await streams()
    return "done"

@wf.workflow
async def conflicts() -> None:
    Approval.wait(token="order-7")
    await Approval.wait(token="order-7").get_conflict()

@wf.workflow
async def reading() -> None:
    await reads()

@wf.workflow
async def fails() -> None:
    await failing()

@wf.workflow
async def parked() -> None:
    child = await wfc.start(fine_child)
    await child.return_value()
    hook = Approval.wait(token="order-7")
    await asyncio.gather(wfc.sleep("7 days"), once(hook))

async def once(hook):
    return await hook

@wf.workflow
async def fine_child() -> int:
    return await fine(1)

@wf.workflow
async def thousand() -> None:
    await asyncio.gather(*[fine(n) for n in range(1000)])

@wf.workflow
async def retries() -> None:
    await failing()

@wf.workflow
async def busy() -> None:
    await waits()
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS, retries={"failing": 2})
    return tmp_path


def finish(root: Path, workflow: str, **arguments: object) -> str:
    """Let a run end, and return its id."""

    async def scene(project: Project) -> None:
        run = await project.start(workflow, run_id="r1", **arguments)
        project.work()
        await project.client.wait(run.run_id)

    play(root, scene)
    return "r1"


def body(text: str) -> list[str]:
    """Return the lines of a timeline without their times and durations."""
    lines = text.partition("\ntimeline\n")[2].splitlines()
    return [re.sub(r"\d+(\.\d+)?(e-\d+)? (ms|s)\b", "T", re.sub(r"^  \+\S+ \S+ +", "  ", line)) for line in lines]


def test_what_has_ended_is_told_once_each(root: Path, call: Command) -> None:
    """Header, a line for each thing in order, and the traceback of the step that the workflow has caught."""
    text = call(INSPECT, finish(root, "caught", n=3)).out
    header = text.partition("\ntimeline\n")[0]
    assert "workflow  caught (workflow//app.w//caught)" in header
    assert re.search(r"^status    completed after \d", header, re.MULTILINE)
    assert 'input     {"n": 3}' in header
    assert "attribute customer=42" in header
    assert "stream    default, chunks: 1" in header
    assert 'result    "done"' in header
    lines = body(text)
    place = root / ".wfc/builds/b1/steps/declined/app/s.py"
    assert lines[:6] == [
        '  sets attributes {"customer": "42"}',
        "  waited T",
        "  declined  failed after T: ValueError: declined",
        f"                  at {place}:19",
        "  streams   T  -> null",
        "  completed",
    ]
    assert "error of step declined" in lines
    assert "  The above exception was the direct cause of the following exception:" in lines


def test_an_error_of_a_library_is_told_where_the_project_called_it(root: Path, call: Command) -> None:
    """A line of the standard library says little; the whole traceback is below."""
    lines = body(call(INSPECT, finish(root, "reading")).out)
    assert lines[1].strip() == f"at {root / '.wfc/builds/b1/steps/reads/app/s.py'}:24"
    assert any("pathlib" in line for line in lines)


def test_a_hook_that_found_its_token_taken_says_by_whom(root: Path, call: Command) -> None:
    """It was never given back, since it never had it."""
    lines = body(call(INSPECT, finish(root, "conflicts")).out)
    assert lines[:2] == [
        "  hook Approval, token order-7: given back, payloads: 0",
        "  hook Approval, token order-7: refused, r1 holds the token",
    ]


def test_attempts_that_failed_have_their_lines(root: Path, call: Command) -> None:
    """How many, how long each took, where and why; the run's traceback has the workflow's line, too."""
    text = call(INSPECT, finish(root, "fails")).out
    place = root / ".wfc/builds/b1/steps/failing/app/s.py"
    lines = body(text)
    assert lines[0] == "  failing  failed after T, 3 attempts: ConnectionError: nobody answers"
    assert lines[1] == f"                  attempt 1 failed after T at {place}:15: ConnectionError: nobody answers"
    assert text.count("error of") == 1
    assert "raised again by:" in text
    assert "error     ConnectionError: nobody answers" in text


def test_what_a_run_waits_for_says_until_when(root: Path, call: Command) -> None:
    """A sleep with its end, a hook with the command that answers it, a child run with how it ended."""

    async def scene(project: Project) -> None:
        run = await project.start("parked", run_id="r1")
        project.work()

        async def waits() -> bool:
            return bool(await project.store.hooks(run.run_id)) and (await project.store.run("r1")).owner is None

        await project.until(waits, "the run to wait")

    play(root, scene)
    text = call(INSPECT, "r1").out
    assert re.search(r"child run fine_child wrun_\w+: completed after", text)
    assert re.search(r"waits 7 days, until \w{3} [-\d]{10} [:\d]{8} \(in 6 days 23 h\)", text)
    assert re.search(r"hook Approval: waits for \d.*, payloads so far: 0\n +wfc resume order-7 --data JSON", text)
    shown = call(INSPECT, "r1", "--json").json()
    assert [child["status"] for child in shown["children"]] == ["completed"]
    assert set(shown) == {"run", "steps", "events", "hooks", "waits", "children", "streams"}


def test_of_a_long_run_the_middle_is_left_out(root: Path, call: Command) -> None:
    """Until it is asked for."""
    said = call(INSPECT, finish(root, "thousand"))
    assert len(said.out.splitlines()) < 80
    assert "  ... 941 more" in said.out
    assert "941 of 1,001 entries are left out: wfc inspect r1 --all shows them" in said.err
    assert len(call(INSPECT, "r1", "--all").out.splitlines()) > 1000
    assert len(call(INSPECT, "r1", "--events", "--all").out.splitlines()) == 3003


def test_a_step_that_is_tried_again_says_when(root: Path, call: Command) -> None:
    """And what is running says for how long."""

    async def scene(project: Project) -> None:
        write_build(root, STEPS, FLOWS, retries={"failing": 9}, build_id="b2")
        await project.start("retries", run_id="r1")
        await project.start("busy", run_id="r2")
        project.work(grace=0)
        await probe.noted("failing", 3)
        await probe.noted("at waits")
        busy = await project.store.events("r2")
        assert busy[-1].type == "step_started"

    play(root, scene)
    text = call(INSPECT, "r1").out
    assert re.search(r"failing  tried again \w{3} .* \((in .*|due now)\), \d attempts", text)
    shown = call(INSPECT, "r2", "--json").json()["steps"][0]["attempts"]
    assert [attempt["status"] for attempt in shown] == ["returned"]


def test_the_log_itself(root: Path, call: Command) -> None:
    """`--events` has every event with its number, and nothing else."""
    lines = call(INSPECT, finish(root, "fails"), "--events").out.splitlines()
    assert [line.split()[0] for line in lines] == [str(number) for number in range(1, len(lines) + 1)]
    assert lines[-1].split()[2] == "run_failed"


def test_an_unknown_run_is_named(call: Command) -> None:
    """One line, exit code 1."""
    assert call(INSPECT, "nobody", code=1).err.endswith("\nerror: there is no run 'nobody' in this store\n")


def test_a_run_that_never_began(root: Path, call: Command) -> None:
    """It has no timeline yet."""

    async def scene(project: Project) -> None:
        encoded = Codec().encode({"n": 1})
        await project.client.start("workflow//app.w//caught", lambda: encoded, run_id="r1")

    play(root, scene)
    text = call(INSPECT, "r1").out
    assert "status    pending" in text
    assert text.endswith("\ntimeline\n")


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [
        (0, "0 ms"),
        (711, "0.711 ms"),
        (12_000, "12 ms"),
        (3_250_000, "3.2 s"),
        (59_999_999, "60.0 s"),
        (60_000_000, "1 min"),
        (250_000_000, "4 min 10 s"),
        (7_500_000_000, "2 h 5 min"),
        (86_400_000_000, "1 day"),
        (601_200_000_000, "6 days 23 h"),
    ],
)
def test_durations_in_words(microseconds: int, words: str) -> None:
    """The two largest units."""
    assert spoken(microseconds) == words


@pytest.mark.parametrize(
    ("token", "command"),
    [
        ("order-7", "wfc resume order-7 --data JSON"),
        ("it's \u65e5", "wfc resume 'it'\"'\"'s \u65e5' --data JSON"),
        ("--help", "wfc resume --data JSON -- --help"),
    ],
)
def test_what_to_type_is_what_a_shell_takes(token: str, command: str) -> None:
    """A token may be any text."""
    assert resume_command(token) == command
