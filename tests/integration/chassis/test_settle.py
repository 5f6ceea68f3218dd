"""Settled: what came before is taken in, what follows is out; and the sandbox's clock goes through the same door."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from chassis.db import outbox
from chassis.db.outbox import RawMessage
from chassis.db.standing import standing
from chassis.db.unit_of_work import Unit
from chassis.http.api import create_app
from chassis.http.tokens import Signer
from chassis.kafka.ends import Ends
from chassis.rest import Pending, at_rest
from tests.support.token_files import key_files
from tests.support.toy import thing
from tests.support.toy_stage import Record, Running, Stage, eventually, running

CLOCK = {"ce_time": b"2026-01-01T00:00:00Z"}


@asynccontextmanager
async def _asked(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Running, httpx.AsyncClient]]:
    """A running toy and a client that may ask it to settle."""
    signing, public = key_files(tmp_path_factory.mktemp("keys"))
    async with running(stage, auth_jwks_file=public, auth_signing_key_file=signing) as run:
        settings = run.service.settings
        signer = Signer(signing, issuer=settings.auth_issuer, audience=settings.auth_audience)
        token = signer.token(subject="test", creditor_id="*", scopes=["internal"], valid_s=60)
        transport = httpx.ASGITransport(create_app(run.service))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://toy", headers=headers) as client:
            yield run, client


async def _settle(
    client: httpx.AsyncClient, ends: dict[str, list[int]], *, timeout_s: float = 20
) -> httpx.Response:
    return await client.post("/internal/settle", json={"ends": ends, "timeout_s": timeout_s}, timeout=30)


async def test_settled_means_taken_in_and_sent_out(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with _asked(stage, tmp_path_factory) as (run, client):
        await stage.produce(*[Record(thing(n), key=f"c:o{n}") for n in range(50)])
        ends = await run.service.progress.ends_of([f"{stage.prefix}things"])
        answer = await _settle(client, {**ends, "not-ours.v1": [99]})
        assert answer.status_code == 200
        told = answer.json()
        assert sum(told["ends"][f"{stage.prefix}counts"]) == 50
        assert told["handled"] == 50
        assert told["next_change_at"] is None


async def test_an_empty_step_is_answered_in_milliseconds(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with _asked(stage, tmp_path_factory) as (run, client):
        await stage.produce(Record(thing(1)))
        ends = await run.service.progress.ends_of([f"{stage.prefix}things"])
        await _settle(client, ends)
        took = []
        for _ in range(20):
            began = time.monotonic()
            assert (await _settle(client, ends)).status_code == 200
            took.append(time.monotonic() - began)
        assert sorted(took)[len(took) // 2] < 0.1


async def test_kafka_is_asked_how_far_own_topics_go_only_when_something_was_published(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    really = Ends.of

    async def counted(self: Ends, topics: Iterable[str]) -> dict[str, list[int]]:
        asked.append([topic for topic in topics if topic.endswith("counts")])
        return await really(self, topics)

    async with _asked(stage, tmp_path_factory) as (run, client):
        await stage.produce(Record(thing(1)))
        first = await _settle(client, await run.service.progress.ends_of([f"{stage.prefix}things"]))
        monkeypatch.setattr(Ends, "of", counted)

        async def is_remembered() -> bool:
            """An answer given while the relay's transaction was just ending is not remembered yet."""
            asked.clear()
            assert (await _settle(client, {})).json()["ends"] == first.json()["ends"]
            return not asked

        await eventually(is_remembered, within_s=5)
        await stage.produce(Record(thing(2)))
        ends = await run.service.progress.ends_of([f"{stage.prefix}things"])
        more = await _settle(client, ends)
        assert sum(more.json()["ends"][f"{stage.prefix}counts"]) == 2


async def test_a_message_written_before_the_look_and_committed_after_it_is_not_overlooked(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its number is taken when the service is seen at rest: that number says nothing then."""
    counts = f"{stage.prefix}counts"
    message = RawMessage(topic=counts, key=b"k", value=b"{}", headers=[])
    async with _asked(stage, tmp_path_factory) as (run, client), stage.service() as other:
        async with other.database.engine.begin() as connection:
            await outbox.insert(connection, [message])
            before = (await _settle(client, {})).json()["ends"]
        await eventually(lambda: _is_out(run))
        after = (await _settle(client, {})).json()["ends"]
        assert (sum(before[counts]), sum(after[counts])) == (0, 1)


async def test_what_is_told_while_pending_work_is_counted_is_not_overlooked(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The look began with a number that was known; the work that ends during it writes one more."""
    counts = f"{stage.prefix}counts"
    message = RawMessage(topic=counts, key=b"k", value=b"{}", headers=[])
    async with _asked(stage, tmp_path_factory) as (run, client):
        service = run.service

        async def is_remembered() -> bool:
            await _settle(client, {})
            async with service.database.reading() as unit:
                return service.progress.knows((await standing(unit.connection)).numbered)

        async def ends_meanwhile(_: Unit) -> int:
            async with service.database.unit() as other:
                other.publish_raw(message)
            await eventually(lambda: _is_out(run))
            return 0

        await eventually(is_remembered)
        rest = await at_rest(
            service.database,
            progress=service.progress,
            clock=service.clock,
            ends={},
            pending=Pending(ends_meanwhile),
        )
        assert sum(rest.ends[counts]) == 1


async def _is_out(run: Running) -> bool:
    async with run.service.database.reading() as unit:
        return not (await standing(unit.connection)).is_waiting


async def test_what_does_not_settle_in_time_is_said(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with _asked(stage, tmp_path_factory) as (_run, client):
        answer = await _settle(client, {f"{stage.prefix}things": [1_000_000]}, timeout_s=0.3)
        assert answer.status_code == 504
        assert "taken in" in answer.json()["detail"]


async def test_the_clock_is_stored_and_time_s_own_work_is_done_before_it_counts_as_settled(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await stage.write(
        "INSERT INTO due SELECT '2026-02-01T00:00:00Z'::timestamptz + n * interval '1 day' FROM generate_series(0, 9) n"
    )
    async with _asked(stage, tmp_path_factory) as (run, client):
        body = b'{"now": "2026-02-05T12:00:00+01:00"}'
        await stage.produce(Record(body, topic="clock", key="", headers=CLOCK))
        ends = await run.service.progress.ends_of([f"{stage.prefix}clock"])
        told = (await _settle(client, ends)).json()
        assert datetime.fromisoformat(told["next_change_at"]) == datetime(2026, 2, 6, tzinfo=UTC)
        assert run.service.clock.now() == datetime(2026, 2, 5, 11, tzinfo=UTC)
    ((left,),) = await stage.rows("SELECT count(*) FROM due")
    assert left == 5
    ((stored,),) = await stage.rows("SELECT now FROM sandbox_clock")
    assert stored == datetime(2026, 2, 5, 11, tzinfo=UTC)


async def test_a_clock_message_that_cannot_be_read_is_a_dead_letter(stage: Stage) -> None:
    async with running(stage) as run:
        await stage.produce(Record(b'{"now": "soon"}', topic="clock", key="", headers=CLOCK))
        (letter,) = await stage.read("dead-letter", count=1)
        assert b"now" in dict(letter.headers)["error"]
        assert run.service.clock.now() is None


async def test_a_hop_takes_milliseconds(stage: Stage) -> None:
    async with running(stage):
        took = []
        for number in range(30):
            began = time.monotonic()
            await stage.produce(Record(thing(number), key="c:o"))
            async with asyncio.timeout(5):
                while True:
                    ((total,),) = await stage.rows("SELECT count(*) FROM things")
                    if total > number:
                        break
            took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.25
