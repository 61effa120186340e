"""What the URL of a store may say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wfc.errors import ConfigError
from wfc.store.locate import open_store
from wfc.store.sqlite.store import SqliteStore


@pytest.mark.parametrize("url", ["", "state.db", "postgres://x", "sqlite://", "sqlite:///"])
def test_a_url_of_no_store_is_refused(tmp_path: Path, url: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ConfigError, match="sqlite:///"):
        open_store(url, tmp_path)


@pytest.mark.parametrize(
    ("query", "synchronous"),
    [("", 2), ("?durability=full", 2), ("?durability=normal", 1)],
    ids=["default", "full", "normal"],
)
def test_durability_is_said_in_the_url(tmp_path: Path, query: str, synchronous: int) -> None:
    """Commits wait for the disk unless the URL says otherwise, also after one that needn't; the file is the same."""

    async def main() -> None:
        store = open_store(f"sqlite:///state.db{query}", tmp_path)
        assert isinstance(store, SqliteStore)
        await store._database.write(lambda db: None, at_once=True, durable=False)
        assert store._database.read("pragma synchronous") == [(synchronous,)]
        await store.close()
        assert (tmp_path / "state.db").is_file()

    asyncio.run(main())


@pytest.mark.parametrize("query", ["durability=none", "durability", "mode=ro", "durability=full&mode=ro"])
def test_what_else_stands_in_the_url_is_refused(tmp_path: Path, query: str) -> None:
    """A word that nobody reads would be a promise."""
    with pytest.raises(ConfigError, match="durability=normal"):
        open_store(f"sqlite:///state.db?{query}", tmp_path)
    assert not (tmp_path / "state.db").exists()
