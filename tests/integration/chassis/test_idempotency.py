"""A POST with an Idempotency-Key is carried out once, whatever happens between the two tries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Security
from sqlalchemy import text

from chassis.db.unit_of_work import Database
from chassis.http.api import create_app
from chassis.http.auth import Principal, authenticated
from chassis.http.tokens import Signer
from chassis.kernel.errors import Rejected
from chassis.service import Service
from tests.support.token_files import key_files
from tests.support.toy_stage import Stage

_ADD = text(
    "INSERT INTO things (thing_id, times) VALUES (:n, 1) ON CONFLICT (thing_id) DO UPDATE SET times = things.times + 1"
)
Open = Callable[..., Any]


def _router(database: Database, *, hold: asyncio.Event) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/things/{name}", status_code=201)
    async def add(name: str, caller: Annotated[Principal, Security(authenticated)]) -> dict[str, str]:
        async with database.unit() as unit:
            await unit.connection.execute(_ADD, {"n": f"{caller.creditor_id}-{name}"})
            if name == "refused":
                raise Rejected("no")
        if name == "slow":
            await hold.wait()
        if name == "lost":
            raise RuntimeError("after the effect")
        return {"name": name}

    return router


@pytest.fixture
def opened(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Gives a client and the event that lets the slow route go on."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[tuple[Callable[..., Any], asyncio.Event]]:
        signing, public = key_files(tmp_path_factory.mktemp("keys"))
        hold = asyncio.Event()
        async with stage.service(auth_jwks_file=public, auth_signing_key_file=signing) as toy:
            service: Service = replace(toy, routers=[_router(toy.database, hold=hold)])
            signer = Signer(signing, issuer=toy.settings.auth_issuer, audience=toy.settings.auth_audience)
            transport = httpx.ASGITransport(create_app(service))
            async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:

                async def post(
                    name: str, key: str, *, creditor: str = "acme", body: str = ""
                ) -> httpx.Response:
                    token = signer.token(subject="s", creditor_id=creditor, scopes=[], valid_s=60)
                    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
                    return await client.post(f"/v1/things/{name}", headers=headers, content=body)

                yield post, hold

    return connect


async def _times(stage: Stage, name: str) -> int:
    rows = await stage.rows(f"SELECT times FROM things WHERE thing_id = '{name}'")
    return int(rows[0][0]) if rows else 0


async def test_the_same_request_twice_is_carried_out_once_and_answered_twice(
    stage: Stage, opened: Open
) -> None:
    async with opened() as (post, _):
        first, second = await post("a", "k1"), await post("a", "k1")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json() == {"name": "a"}
        assert second.headers["idempotency-replayed"] == "true"
        assert await _times(stage, "acme-a") == 1
        assert (await post("a", "k2")).status_code == 201
        assert (await post("a", "k1", creditor="other")).status_code == 201
    assert await _times(stage, "acme-a") == 2
    assert await _times(stage, "other-a") == 1


async def test_the_same_key_for_another_request_is_refused(opened: Open) -> None:
    async with opened() as (post, _):
        await post("a", "k1")
        assert (await post("b", "k1")).status_code == 422
        assert (await post("a", "k1", body="x")).status_code == 422
        assert (await post("a", "k" * 300)).status_code == 422


async def test_the_same_request_at_the_same_time_is_a_conflict(stage: Stage, opened: Open) -> None:
    async with opened() as (post, hold):
        slow = asyncio.create_task(post("slow", "k1"))
        async with asyncio.timeout(5):
            while not await _times(stage, "acme-slow"):
                await asyncio.sleep(0.01)
        assert (await post("slow", "k1")).status_code == 409
        hold.set()
        assert (await slow).status_code == 201
        assert (await post("slow", "k1")).status_code == 201
    assert await _times(stage, "acme-slow") == 1


async def test_a_refusal_leaves_the_key_free(stage: Stage, opened: Open) -> None:
    async with opened() as (post, _):
        assert (await post("refused", "k1")).status_code == 422
        assert (await post("a", "k1")).status_code == 201
    assert await _times(stage, "acme-a") == 1


async def test_an_effect_whose_answer_was_lost_is_never_repeated(stage: Stage, opened: Open) -> None:
    async with opened() as (post, _):
        assert (await post("lost", "k1")).status_code == 500
        again = await post("lost", "k1")
        assert again.status_code == 409
        assert "carried out" in again.json()["detail"]
    assert await _times(stage, "acme-lost") == 1
