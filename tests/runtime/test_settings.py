"""Where a project's store and builds are: options, environment and `[tool.wfc]`, as the compiler reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfc.errors import ConfigError
from wfc.settings import build_output, project_root, store_url


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out."""
    for name in ("WFC_OUT", "WFC_STORE"):
        monkeypatch.delenv(name, raising=False)


def test_an_option_wins_over_the_environment_over_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The precedence is that of all settings."""
    assert (store_url(tmp_path), build_output(tmp_path)) == ("sqlite:///.wfc/state.db", tmp_path / ".wfc")
    settings = '[tool.wfc]\nstore = "sqlite:///a.db"\nout = "built"\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8-sig")
    assert (store_url(tmp_path), build_output(tmp_path)) == ("sqlite:///a.db", tmp_path / "built")
    monkeypatch.setenv("WFC_STORE", "sqlite:///b.db")
    monkeypatch.setenv("WFC_OUT", "elsewhere")
    assert (store_url(tmp_path), build_output(tmp_path)) == ("sqlite:///b.db", tmp_path / "elsewhere")
    assert store_url(tmp_path, "sqlite:///c.db") == "sqlite:///c.db"


@pytest.mark.parametrize("settings", ["tool = 3", "[tool]\nwfc = 3", "[tool.wfc]\nstore = 3", "[tool.wfc", "\udcff"])
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, settings: str) -> None:
    """A wrong file is the user's mistake, with the file's name in the message."""
    (tmp_path / "pyproject.toml").write_bytes(settings.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        store_url(tmp_path)


def test_a_project_is_the_nearest_folder_with_a_marker(tmp_path: Path) -> None:
    """A source file deep in the tree belongs to it."""
    (tmp_path / "vercel.json").write_text("{}")
    deep = tmp_path / "app" / "flows"
    deep.mkdir(parents=True)
    assert project_root(deep) == tmp_path
