"""A service without servers: its web application, and tokens for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response, Security
from pydantic import BaseModel, Field

from chassis.db.unit_of_work import Unit
from chassis.http.api import create_app
from chassis.http.auth import Principal, authenticated
from chassis.http.etag import require_match, show
from chassis.http.paging import Page, Paging
from chassis.http.tokens import Signer
from chassis.kernel.errors import Conflict, NotFound, Rejected, Transient
from chassis.parts import connected
from chassis.service import Service
from chassis.settings import ServiceSettings
from tests.support.token_files import key_files

Caller = Annotated[Principal, Security(authenticated, scopes=["toys:read"])]
ERRORS: dict[str, Exception] = {
    "rejected": Rejected("no", field="a.b"),
    "missing": NotFound("gone"),
    "conflict": Conflict("changed"),
    "transient": Transient("later"),
    "bug": KeyError("a secret of ours"),
}


class Toy(BaseModel):
    """A body."""

    name: str
    size: int = Field(ge=0)


def toy_router() -> APIRouter:
    """Routes that do what the tests need."""
    router = APIRouter()

    @router.get("/v1/me")
    async def me(caller: Caller) -> dict[str, str]:
        return {"creditor_id": caller.creditor_id, "subject": caller.subject}

    @router.get("/v1/errors/{name}")
    async def errors(name: str) -> None:
        raise ERRORS[name]

    @router.get("/v1/things/{thing_id}/parts/{part_id}")
    async def thing(thing_id: str, part_id: str) -> list[str]:
        return [thing_id, part_id]

    @router.get("/v1/bundles/{bundle_id:path}/parts")
    async def bundle(bundle_id: str) -> str:
        return bundle_id

    @router.put("/v1/colours")
    async def colours(
        shades: dict[Annotated[str, Field(pattern="^(RED|BLUE)$")], Toy], caller: Caller
    ) -> int:
        del caller
        return len(shades)

    @router.post("/v1/toys")
    async def toys(toy: Toy, caller: Caller) -> Toy:
        del caller
        return toy

    @router.get("/v1/numbers")
    async def numbers(caller: Caller, paging: Paging) -> Page[int]:
        del caller
        start = paging.after[0] if paging.after else 0
        rows = list(range(start + 1, min(start + paging.limit + 1, 12) + 1))
        kept, cursor = paging.cut(rows, position=lambda number: (number,))
        return Page(items=list(kept), next_cursor=cursor)

    @router.put("/v1/edited")
    async def edited(request: Request, response: Response, caller: Caller) -> dict[str, int]:
        del caller
        require_match(request, version=7)
        show(response, version=8)
        return {"version": 8}

    return router


async def _nothing(unit: Unit, now: Any) -> Any:
    del unit, now
    return 0


async def _never(unit: Unit) -> datetime | None:
    del unit
    return None


@asynccontextmanager
async def toy_app(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    """The application of a service that has routes and nothing else."""
    async with connected(settings) as parts:
        yield create_app(
            Service(
                name=settings.service,
                settings=settings,
                database=parts.database,
                clock=parts.clock,
                progress=parts.progress,
                routers=[toy_router()],
                consumes=frozenset(),
                handle=_nothing,
                on_time=_nothing,
                next_change_at=_never,
            )
        )


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    signing, public = key_files(tmp_path)
    values: dict[str, Any] = {
        "auth_jwks_file": public,
        "auth_signing_key_file": signing,
        "http_body_bytes_max": 2000,
    }
    return ServiceSettings(service="toy", sandbox=True, **values)


@pytest.fixture
def token(settings: ServiceSettings) -> Callable[..., str]:
    """Makes tokens that are good, but for what is changed."""
    assert settings.auth_signing_key_file is not None
    signer = Signer(
        settings.auth_signing_key_file, issuer=settings.auth_issuer, audience=settings.auth_audience
    )

    def make(
        *, creditor_id: str = "acme", scopes: tuple[str, ...] = ("toys:read",), valid_s: int = 60
    ) -> str:
        return signer.token(subject="someone", creditor_id=creditor_id, scopes=scopes, valid_s=valid_s)

    return make


Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def connect(settings: ServiceSettings) -> Connect:
    """Gives a client that shows this token."""

    @asynccontextmanager
    async def client(token: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with toy_app(settings) as app:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://toy", headers=headers
            ) as opened:
                yield opened

    return client
