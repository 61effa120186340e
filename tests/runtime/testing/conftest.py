"""The project in `project/`, compiled once, and an environment on it for each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wfc.testing import Environment

PROJECT = Path(__file__).parent / "project"
sys.path.append(str(PROJECT))  # its tests import it, as a project's tests do


@pytest.fixture
def build(wfc_build: Callable[[Path], Path]) -> Path:
    return wfc_build(PROJECT)


@pytest.fixture
def env(build: Path) -> Iterator[Environment]:
    with Environment(PROJECT, build=build) as environment:
        yield environment
