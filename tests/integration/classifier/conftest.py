"""A classifier of each test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.classifier.stage import Stage, open_stage
from tests.support.servers import Databases


@pytest.fixture
async def stage(databases: Databases, tmp_path: Path) -> AsyncIterator[Stage]:
    """The classifier on a fresh database."""
    async with databases.fresh("classifier") as own, open_stage(own, folder=tmp_path) as stage:
        yield stage
