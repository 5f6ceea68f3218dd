"""A request that is made again after a restore goes where it went the first time, whatever its ids hold."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Request

from chassis.db.outbox import RawMessage
from chassis.db.unit_of_work import BESIDE_THE_EFFECT
from chassis.http.auth import Principal
from chassis.http.segments import WholeIds, take_whole_ids
from chassis.kafka.registry import registry
from chassis.kernel.clock import WallClock
from chassis.restore.again import address_of
from chassis.restore.journal import Asked, Scribe, read
from tests.unit.chassis.test_segments import IDS

CALLER = Principal("acme", "someone", frozenset({"toys:write"}))


class _Unit:
    """Keeps what is published with the effect."""

    def __init__(self) -> None:
        self.lines: list[RawMessage] = []

    def publish_raw(self, line: RawMessage) -> None:
        self.lines.append(line)


class _AlwaysOne:
    async def principal(self, _token: str) -> Principal:
        return CALLER


def _desk(unit: _Unit, seen: list[tuple[str, str]]) -> FastAPI:
    take_whole_ids()
    app = FastAPI()

    @app.post("/v1/things/{thing_id}/holds")
    async def hold(thing_id: str, request: Request) -> None:
        seen.append((thing_id, request.url.query))
        note: Callable[[Any], Awaitable[None]] | None = BESIDE_THE_EFFECT.get()
        if note is not None:
            await note(unit)

    return app


async def _asked(one: str, *, query: str, seen: list[tuple[str, str]]) -> Asked:
    """Make a request as a person would, and return the line that the journal has of it."""
    unit = _Unit()
    app = _desk(unit, seen)
    scribe: dict[str, Any] = {
        "service": "invoices",
        "registry": registry(),
        "clock": WallClock(),
        "verifier": _AlwaysOne(),
    }
    app.add_middleware(Scribe, **scribe)
    app.add_middleware(WholeIds)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://first") as http:
        headers = {"Authorization": "Bearer x"}
        answer = await http.post(
            f"/v1/things/{quote(one, safe='').replace('.', '%2E')}/holds?{query}", headers=headers
        )
    assert answer.status_code == 200
    (line,) = unit.lines
    return msgspec.json.decode(read(line.value).body, type=Asked)


async def _again(asked: Asked, *, seen: list[tuple[str, str]]) -> None:
    app = _desk(_Unit(), seen)
    app.add_middleware(WholeIds)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://journal") as http:
        assert (await http.request(asked.method, address_of(asked), content=asked.body)).status_code == 200


@pytest.mark.parametrize("one", IDS)
@pytest.mark.parametrize("query", ["", "a=1&a=%2F%3F&b=%C3%A9"])
async def test_a_request_asked_again_finds_the_same_id(one: str, query: str) -> None:
    seen: list[tuple[str, str]] = []
    asked = await _asked(one, query=query, seen=seen)
    await _again(asked, seen=seen)
    assert seen == [(one, query), (one, query)]


@pytest.mark.parametrize("one", ["plain", "a b", "?a=1", "#x", "é", "a%41"])
async def test_a_line_of_an_older_journal_has_a_decoded_path_only(one: str) -> None:
    seen: list[tuple[str, str]] = []
    asked = Asked("POST", f"/v1/things/{one}/holds", "", {}, "acme", "someone", [], b"")
    await _again(asked, seen=seen)
    assert seen == [(one, "")]
