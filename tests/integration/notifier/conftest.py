"""A notifier on servers of its own for each test, with its sender running."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.notifier.stage import Stage, open_stage, sending
from tests.support.servers import Databases
from tests.unit.notifier.builders import NOON


@pytest.fixture
async def idle_stage(databases: Databases, tmp_path: Path) -> AsyncIterator[Stage]:
    """The notifier with its API, but nobody sends yet."""
    async with databases.fresh("notifier") as database, open_stage(database, folder=tmp_path) as stage:
        stage.set_clock(NOON)
        yield stage


@pytest.fixture
async def stage(idle_stage: Stage) -> AsyncIterator[Stage]:
    """The same, sending."""
    async with sending(idle_stage):
        yield idle_stage
