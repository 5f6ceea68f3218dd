"""A migration while the service takes in events: it never waits long for a lock, and the old code goes on."""

import asyncio
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.db import migrations
from chassis.db.engine import sqlstate
from chassis.settings import ServiceSettings
from tests.support.toy import MIGRATIONS, thing
from tests.support.toy_stage import Record, Stage, eventually, start_toy

LOCK_NOT_AVAILABLE = "55P03"
EXPAND = '''"""What every migration may do: add what the running code does not know."""
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("ALTER TABLE things ADD COLUMN note text")
    op.execute("CREATE INDEX things_note ON things (note) WHERE note IS NOT NULL")
'''


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The migrations of a release after the one that runs."""
    location = tmp_path / "next"
    shutil.copytree(MIGRATIONS, location)
    (location / "versions" / "0002_note.py").write_text(EXPAND, encoding="utf-8")
    return location


async def _migrate(stage: Stage, location: Path) -> str:
    settings = ServiceSettings(
        service="toy", sandbox=True, migration_database_url=SecretStr(stage.database.owner_url)
    )
    return await migrations.migrate(settings, location=location)


async def test_an_expanding_migration_under_load_while_the_old_code_runs(
    stage: Stage, next_release: Path
) -> None:
    await stage.write("INSERT INTO things SELECT 'old-' || n, 1 FROM generate_series(1, 100000) AS n")
    old = await start_toy(stage)
    sent = 0

    async def counted(count: int) -> bool:
        ((total,),) = await stage.rows("SELECT count(*) FROM things WHERE thing_id LIKE 'thing-%'")
        return int(total) >= count

    async def load(count: int) -> None:
        nonlocal sent
        for _ in range(count):
            await stage.produce(*[Record(thing(n), key=f"c:o{n % 7}") for n in range(sent, sent + 20)])
            sent += 20

    await load(3)
    await eventually(lambda: counted(1))
    loading = asyncio.create_task(load(20))
    # Somebody reads for long: the migration gives up after its lock timeout, and nothing has happened.
    async with stage.service() as service, service.database.engine.begin() as reader:
        await reader.execute(text("SELECT 1 FROM things LIMIT 1"))
        with pytest.raises(DBAPIError) as refused:
            await _migrate(stage, next_release)
    assert sqlstate(refused.value) == LOCK_NOT_AVAILABLE
    assert await stage.rows("SELECT version_num FROM alembic_version") == [("0001",)]
    assert await _migrate(stage, next_release) == "0002"
    await loading
    await load(2)
    await eventually(lambda: counted(sent))
    # The old code may even be started anew: a later schema than its own is no reason to refuse.
    assert await old.stop() == 0
    again = await start_toy(stage)
    await load(2)
    await eventually(lambda: counted(sent))
    assert await again.stop() == 0
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
