"""A backup that is not whole replaces nothing, and stops nothing."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from sandbox.stack import __main__ as commands
from sandbox.stack import backup
from sandbox.stack.addresses import SERVICES
from sandbox.stack.backup import back_up, bring_back, whole_backup
from sandbox.stack.problem import StackProblem
from sandbox.stack.stack import Stack
from tests.support.servers import Databases


async def _no_ends(_stack: Stack, _service: str) -> dict[str, list[int]]:
    return {}


@pytest.fixture
async def stack(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stack]:
    """A stack on databases of one's own with a row in each; its Kafka is not asked."""
    monkeypatch.setattr(backup, "_own_ends", _no_ends)
    environ = {"VELVET_HOME": str(tmp_path / "velvet")}
    async with AsyncExitStack() as open_ones:
        for service in SERVICES:
            database = await open_ones.enter_async_context(databases.empty(service))
            environ[f"VELVET_{service.upper()}_DATABASE_URL"] = databases.server.url(database.name)
            connection = await asyncpg.connect(databases.server.url(database.name))
            await connection.execute(
                "CREATE TABLE debtor AS SELECT repeat(md5(n::text), 99) AS name FROM generate_series(1, 3000) n"
            )
            await connection.close()
        made = Stack.persistent(environ=environ)
        made.layout.create()
        yield made


async def _rows(stack: Stack) -> list[int]:
    found = []
    for service in SERVICES:
        connection = await asyncpg.connect(backup._address(stack, service))
        found.append(await connection.fetchval("SELECT count(*) FROM debtor"))
        await connection.close()
    return found


@pytest.fixture
async def folder(stack: Stack, tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    await back_up(stack, folder, say=print)
    return folder


async def test_a_dump_that_lacks_its_end_replaces_nothing(stack: Stack, folder: Path) -> None:
    last = folder / f"{SERVICES[-1]}.dump"
    last.write_bytes(last.read_bytes()[: last.stat().st_size * 2 // 3])
    with pytest.raises(StackProblem, match="not what was backed up"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    (folder / "SHA256SUMS").unlink()  # A backup of an earlier release has none.
    with pytest.raises(StackProblem, match=f"pg_restore of {SERVICES[-1]} failed"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    assert await _rows(stack) == [3000] * 4


async def test_a_dump_with_a_changed_byte_or_of_another_service_replaces_nothing(
    stack: Stack, folder: Path
) -> None:
    first, last = folder / f"{SERVICES[0]}.dump", folder / f"{SERVICES[-1]}.dump"
    whole = bytearray(last.read_bytes())
    whole[len(whole) // 2] ^= 0x55
    last.write_bytes(whole)
    with pytest.raises(StackProblem, match=f"{SERVICES[-1]}.dump .* not what was backed up"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    last.write_bytes(first.read_bytes())
    with pytest.raises(StackProblem, match=f"{SERVICES[-1]}.dump .* not what was backed up"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    assert await _rows(stack) == [3000] * 4


@pytest.mark.parametrize(
    "content",
    ["[1, 2]", '"ends"', '{"invoices": 5}', '{"invoices": {"a.b.v1": 5}}', '{"invoices": {"a.b.v1": [-5]}}'],
)
async def test_a_manifest_of_another_shape_replaces_nothing(stack: Stack, folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(StackProblem, match="is no manifest"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    assert await _rows(stack) == [3000] * 4


@pytest.mark.parametrize("present", [[3, 4], [3], []])
async def test_a_backup_of_another_kafka_replaces_nothing(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: list[int]
) -> None:
    ends = {"invoices.invoice-changed.v1": [3, 5]}

    async def own_ends(_stack: Stack, service: str) -> dict[str, list[int]]:
        return ends if service == "invoices" else {}

    monkeypatch.setattr(backup, "_own_ends", own_ends)
    folder = tmp_path / "other"
    folder.mkdir()
    await back_up(stack, folder, say=print)
    ends = {"invoices.invoice-changed.v1": present}
    with pytest.raises(StackProblem, match=r"Nothing was replaced: invoices\.invoice-changed\.v1 ends"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    assert await _rows(stack) == [3000] * 4


async def test_the_servers_start_for_a_restore_whatever_the_databases_hold(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_kafka(_stack: Stack) -> None:
        """Not asked."""

    monkeypatch.setattr(Stack, "_prepare_kafka", no_kafka)
    connection = await asyncpg.connect(backup._address(stack, "invoices"))
    await connection.execute("CREATE TABLE alembic_version (version_num text)")
    await connection.execute("INSERT INTO alembic_version VALUES ('lost')")
    await connection.close()
    await stack.start_servers()


async def test_a_dump_that_the_manifest_does_not_know_replaces_nothing(stack: Stack, folder: Path) -> None:
    (folder / "manifest.json").write_text('{"invoices": {}}')
    with pytest.raises(StackProblem, match=r"cut off: .* lacks classifier, notifier, scheduler"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    (folder / "manifest.json").write_text('{"invoices": {')
    with pytest.raises(StackProblem, match="is no manifest"):
        await bring_back(stack, await whole_backup(stack, folder), say=print)
    assert await _rows(stack) == [3000] * 4


async def test_a_backup_that_fails_leaves_no_dump_that_looks_like_one(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = backup._client

    async def cut_off(stack: Stack, service: str, program: str, arguments: list[str]) -> None:
        await whole(stack, service, program, arguments)
        raise StackProblem("the disk is full")

    monkeypatch.setattr(backup, "_client", cut_off)
    folder = tmp_path / "cut"
    folder.mkdir()
    with pytest.raises(StackProblem, match="the disk is full"):
        await back_up(stack, folder, say=print)
    assert list(folder.glob("*.dump")) == []


async def test_a_slip_in_the_name_of_a_backup_stops_nothing(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    async def stop(_stack: Stack) -> None:
        stopped.append("everything")

    monkeypatch.setattr(Stack, "persistent", lambda **_: stack)
    monkeypatch.setattr(Stack, "stop", stop)
    with pytest.raises(StackProblem, match="is no backup"):
        await commands.restore(str(tmp_path / "no-such-backup"))
    assert stopped == []
