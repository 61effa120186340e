"""`wfc cancel`: what it says of a run that is slow to end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.runtime.cli.conftest import Command, play
from tests.runtime.handmade import Project, write_build

FLOWS = """
@wf.workflow
async def main() -> None:
    run = _flow.run()
    try:
        await wfc.sleep(3600)
    except asyncio.CancelledError:
        if not run.live:
            raise
        await wfc.sleep(3600)
        raise
"""


def test_a_second_cancel_says_that_it_changes_nothing(call: Command, tmp_path: Path) -> None:
    """The workflow has got its CancelledError and cleans up: it gets no other, and there is another command."""
    write_build(tmp_path, "", FLOWS)

    async def begin_to_clean_up(project: Project) -> None:
        run = await project.start(run_id="r1")

        async def has(event_type: str) -> bool:
            return event_type in await project.types(run)

        project.work()
        await project.until(lambda: has("wait_created"), "the sleep")
        assert "a worker delivers it" in (await asyncio.to_thread(call, "control:cancel", "r1")).err
        await project.until(lambda: has("run_cancelling"), "the cancellation")

    play(tmp_path, begin_to_clean_up)
    said = call("control:cancel", "r1").err
    assert "r1 has been told to end before" in said
    assert "`wfc terminate` ends it" in said
    assert "a worker delivers it" not in said
