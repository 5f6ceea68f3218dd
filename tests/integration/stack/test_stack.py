"""The stack as one object: what lasts lasts, what is fresh leaves nothing, and what dies comes back."""

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox.stack import Choice, Stack, StackProblem, fresh_homes
from sandbox.stack.addresses import DEFAULT_PORTS, PORT_VARIABLES, free_ports
from sandbox.stack.process import identity_of
from sandbox.stack.quarters import settle
from sandbox.stack.runfile import read_run

SERVERS = Choice(services=(), inbox=False)
POSTGRES_ALONE = Choice(services=(), inbox=False, kafka=False)
WITH_INBOX = Choice(services=(), kafka=False)


def _environ_on_free_ports(home: Path) -> dict[str, str]:
    ports = zip(PORT_VARIABLES.values(), free_ports(len(DEFAULT_PORTS)), strict=True)
    return {
        "PATH": os.environ["PATH"],
        "VELVET_HOME": str(home),
        **{variable: str(port) for variable, port in ports},
    }


@pytest.fixture
async def lasting(home: Path) -> AsyncIterator[Stack]:
    stack = Stack.persistent(SERVERS, environ=_environ_on_free_ports(home))
    yield stack
    await stack.wipe()


async def _rows(stack: Stack) -> list[str]:
    connection = await asyncpg.connect(stack.databases["invoices"].owner_url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS debtor (name text)")
        await connection.execute("INSERT INTO debtor VALUES ('Jansen')")
        return [row["name"] for row in await connection.fetch("SELECT name FROM debtor")]
    finally:
        await connection.close()


async def test_a_fresh_stack_leaves_neither_processes_nor_files_behind(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    async with Stack.fresh(WITH_INBOX) as stack:
        pids = [identity.pid for name in stack.running() if (identity := stack.part(name).process.identity)]
        assert len(pids) == 2
        assert not set(stack.addresses.ports.values()) & set(DEFAULT_PORTS.values())
        answer = httpx.get(f"{stack.urls['inbox']}/messages")
        assert answer.json()["items"] == []
    assert [pid for pid in pids if identity_of(pid)] == []
    assert list((home / "runs").iterdir()) == []


async def test_a_fresh_stack_hears_nothing_of_the_callers_own_settings(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    monkeypatch.setenv("VELVET_SMTP_URL", "smtp://mail.real.example")
    monkeypatch.setenv("VELVET_KAFKA_BOOTSTRAP", "kafka.real.example:9092")
    environment = Stack.fresh(settings={"VELVET_LOG_LEVEL": "debug"}).environment("notifier")
    assert "real.example" not in str(environment)
    assert environment["VELVET_LOG_LEVEL"] == "debug"


async def test_the_remains_of_a_killed_run_are_cleared_away_by_the_next_one(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    orphan = Stack.fresh(POSTGRES_ALONE)
    await orphan.start()
    identity = orphan.part("postgres").process.identity
    assert identity is not None
    # As if the program that owned it had been killed: its number belongs to nobody now.
    (orphan.layout.pid_file("owner")).write_text('{"pid": 1, "started": "0", "boot": "another"}')
    fresh_homes.new()
    assert await orphan.part("postgres").process.gone(within_s=5)
    assert not orphan.layout.home.exists()


def test_a_home_that_another_run_is_making_is_left_to_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    being_made, left_behind = home / "runs" / "1-being-made", home / "runs" / "2-left-behind"
    for folder in (being_made, left_behind):
        folder.mkdir(parents=True)
    long_ago = time.time() - 3600
    os.utime(left_behind, (long_ago, long_ago))
    fresh_homes.new()
    assert being_made.exists()
    assert not left_behind.exists()


async def test_a_second_start_finds_everything_running_and_a_stop_keeps_the_state(lasting: Stack) -> None:
    await lasting.start()
    assert await _rows(lasting) == ["Jansen"]
    before = {name: lasting.part(name).process.identity for name in lasting.running()}
    another = Stack.persistent(SERVERS, environ=lasting.inherited)
    assert await another.is_up()
    await another.start()
    assert {name: another.part(name).process.identity for name in another.running()} == before
    assert read_run(another.layout) == {
        k: v for k, v in another.environment().items() if k.startswith("VELVET_")
    }
    await another.stop()
    assert lasting.running() == []
    assert read_run(another.layout) is None
    await lasting.start()
    assert await _rows(lasting) == ["Jansen", "Jansen"]
    await lasting.wipe()
    assert {path.name for path in lasting.layout.home.iterdir()} <= {"lock"}


async def test_what_is_killed_comes_back_with_all_it_had(lasting: Stack) -> None:
    await lasting.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=lasting.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name="kept", num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=lasting.bootstrap, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("kept", b"one")
    assert await _rows(lasting) == ["Jansen"]
    for name in ("kafka", "postgres"):
        lasting.kill(name, signal.SIGKILL)
        assert await lasting.part(name).process.gone(within_s=5)
        await lasting.start_one(name)
    await producer.send_and_wait("kept", b"two")
    await producer.stop()
    consumer = AIOKafkaConsumer("kept", bootstrap_servers=lasting.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    assert [(await consumer.getone()).value for _ in range(2)] == [b"one", b"two"]
    await consumer.stop()
    assert await _rows(lasting) == ["Jansen", "Jansen"]


async def test_a_part_that_cannot_start_takes_the_others_with_it_and_says_why(lasting: Stack) -> None:
    lasting.choice = POSTGRES_ALONE
    await lasting.start()
    await lasting.stop()
    # A data directory of another age stands for everything that PostgreSQL may refuse.
    (settle(lasting.layout.home).folder / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(StackProblem, match=r"^postgres stopped while starting and said last: [^\n]+$"):
        await lasting.start()
    assert lasting.running() == []


async def test_the_users_own_servers_are_used_and_none_are_started(home: Path) -> None:
    own = {
        f"VELVET_{service}_DATABASE_URL": f"postgresql://db.example/{service}"
        for service in ("INVOICES", "CLASSIFIER", "SCHEDULER", "NOTIFIER")
    }
    stack = Stack.persistent(
        environ={"VELVET_HOME": str(home), "VELVET_KAFKA_BOOTSTRAP": "k.example:9092", **own}
    )
    assert not stack.choice.kafka
    assert not stack.choice.postgres
    assert stack.bootstrap == "k.example:9092"
    environment = stack.environment("invoices")
    assert environment["VELVET_INVOICES_DATABASE_URL"] == "postgresql://db.example/INVOICES"
    assert "VELVET_INVOICES_MIGRATION_DATABASE_URL" not in environment
