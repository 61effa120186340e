"""What isn't found is a 404 in a web application, not a server error."""

from __future__ import annotations

import asyncio
from pathlib import Path

import fastapi
import httpx
import pytest

import wfc
from wfc.errors import HookNotFoundError, RunNotFoundError
from wfc.web import not_found_as_404

app = fastapi.FastAPI()


@app.get("/run")
async def status() -> str:
    return await wfc.get_run("nope").status()


@app.get("/hook")
async def hook() -> str:
    return (await wfc.get_hook_by_token("nope")).run_id


@pytest.mark.parametrize("path", ["/run", "/hook"])
def test_fastapi_answers_404(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is in the body, as for the framework's own 404s."""
    monkeypatch.chdir(tmp_path)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.get(path)

    answer = asyncio.run(get())
    assert (answer.status_code, "nope" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("error", [HookNotFoundError("t"), RunNotFoundError("r")])
def test_the_error_stays_what_it_is(error: Exception) -> None:
    """Code that catches wfc's class sees its message and fields."""
    with pytest.raises(type(error)) as caught, not_found_as_404():
        raise error
    assert vars(error).items() <= vars(caught.value).items()
