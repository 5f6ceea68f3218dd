"""Every route of every service times every way to come in without the right: 401 or 403, and never data.

The routes come from the applications and their OpenAPI documents, so that a new one cannot be missed.
No database runs here: a request that got past its token would fail on it, and be seen.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.http.api import create_app
from chassis.service import Service
from sandbox.stack.tokens import SCOPES
from tests.integration.walls.rows import SERVICES
from tests.support.forged_tokens import INTERNAL, Mint
from tests.support.token_files import key_files

ISSUER, AUDIENCE, CREDITOR = "https://login.walls.example", "velvet-walls", "acme-nl"
# What answers without a token: probes, and the call-backs, which the provider's signature guards (test_doors.py).
OPEN = {"/healthz", "/readyz", "/metrics", "/v1/webhooks/{provider}"}
SETTLE = ("POST", "/internal/settle")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, and the scopes that its document asks for."""

    method: str
    path: str
    scopes: tuple[str, ...]

    @property
    def address(self) -> str:
        """The path with something in every place."""
        return re.sub(r"{[^}]+}", "x-1", self.path)


@dataclass(frozen=True, slots=True)
class Door:
    """A service's application, and who makes tokens for it."""

    app: FastAPI
    service: Service
    mint: Mint

    @property
    def served(self) -> set[tuple[str, str]]:
        """Method and path of what the service's own routers answer, documented or not."""
        routes = [route for router in self.service.routers for route in router.routes]
        return {(m, r.path_format) for r in routes if isinstance(r, APIRoute) for m in r.methods or ()}

    def routes(self) -> Iterator[Route]:
        """Yield every operation that needs a token: those of the document, and the internal ones beside it."""
        for path, operations in self.app.openapi()["paths"].items():
            for method, operation in operations.items():
                if path not in OPEN:
                    (security,) = operation.get("security", [{}])
                    yield Route(method.upper(), path, tuple(security.get("HTTPBearer", ())))
        for method, path in sorted(self.served | {SETTLE}):
            if path.startswith("/internal/"):
                yield Route(method, path, (INTERNAL,))


@asynccontextmanager
async def _app(service: str, *, folder: Path) -> AsyncIterator[Door]:
    """Build a service as its own bootstrap does."""
    signing, jwks = key_files(folder)
    mint = Mint(json.loads(signing.read_text()), jwks.read_text(), issuer=ISSUER, audience=AUDIENCE)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "SANDBOX": "true",
            "KAFKA_BOOTSTRAP": "127.0.0.1:9",
            "KAFKA_REQUEST_S_MAX": "0.2",
            "AUTH_ISSUER": ISSUER,
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_JWKS_FILE": str(jwks),
            "AUTH_SIGNING_KEY_FILE": str(signing),
            f"{service.upper()}_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nowhere",
        }.items():
            environment.setenv(f"VELVET_{name}", value)
        async with import_module(f"{service}.bootstrap").build("api") as built:
            yield Door(create_app(built), built, mint)


async def _answers(app: FastAPI, route: Route, tokens: dict[str, str | None]) -> dict[str, httpx.Response]:
    found = {}
    # A list is no body of any route: a token that counts is told so (422) before any database is needed.
    body: dict[str, Any] = {} if route.method in {"GET", "DELETE"} else {"json": []}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://walls.example") as http:
        for what, token in tokens.items():
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            found[what] = await http.request(route.method, route.address, headers=headers, **body)
    return found


@pytest.fixture(params=SERVICES)
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    async with _app(request.param, folder=tmp_path) as door:
        yield door


async def test_the_matrix_misses_no_route(door: Door) -> None:
    routes = list(door.routes())
    known = {(route.method, route.path) for route in routes}
    assert {(method, path) for method, path in door.served if path not in OPEN} | {SETTLE} == known
    assert len(routes) >= 5
    assert [route for route in routes if not route.scopes] == [], "each asks for a scope"


async def test_no_route_takes_a_token_with_anything_wrong(door: Door) -> None:
    everything = (*SCOPES, INTERNAL)
    tokens: dict[str, str | None] = {"no token": None, "garbage": "a.b.c"}
    tokens |= door.mint.refused(creditor_id=CREDITOR, scopes=everything)
    for route in door.routes():
        for what, answer in (await _answers(door.app, route, tokens)).items():
            seen = f"{route.method} {route.path} with {what}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code == 401, seen
            assert set(answer.json()) == {"type", "title", "status", "detail", "trace_id"}, seen
            assert CREDITOR not in answer.text, seen


async def test_no_route_takes_a_token_that_lacks_its_scope_or_speaks_for_everybody(
    door: Door,
) -> None:
    everything = (*SCOPES, INTERNAL)
    for route in door.routes():
        others = [scope for scope in everything if scope not in route.scopes]
        tokens: dict[str, str | None] = {
            "no scope": door.mint.good(creditor_id=CREDITOR, scopes=[]),
            "every scope but its own": door.mint.good(creditor_id=CREDITOR, scopes=others),
        }
        if route.scopes != (INTERNAL,):
            tokens["every creditor"] = door.mint.good(creditor_id="*", scopes=everything)
        for what, answer in (await _answers(door.app, route, tokens)).items():
            seen = f"{route.method} {route.path} with {what}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code == 403, seen
            assert set(answer.json()) == {"type", "title", "status", "detail", "trace_id"}, seen


@pytest.mark.parametrize("claim", ["scope", "scp"])
@pytest.mark.parametrize(
    "value", [5, True, 1.5, {"invoices:read": 1}, [["internal"]], None, [5], "INTERNAL", ","]
)
async def test_scopes_of_another_shape_grant_nothing(door: Door, claim: str, value: object) -> None:
    token = door.mint.good(creditor_id=CREDITOR, scopes=(), **{"scope": None, claim: value})
    for route in door.routes():
        (answer,) = (await _answers(door.app, route, {"odd": token})).values()
        assert answer.status_code == 403, f"{route.method} {route.path}: {answer.status_code} {answer.text}"


async def test_two_tokens_in_one_request_are_none(door: Door) -> None:
    """The journal and the idempotency keys read the last header, the route read the first: one caller or none."""
    good = door.mint.good(creditor_id=CREDITOR, scopes=(*SCOPES, INTERNAL))
    other = door.mint.good(creditor_id="bolt-de", scopes=(*SCOPES, INTERNAL))
    transport = httpx.ASGITransport(door.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://walls.example") as http:
        for route in door.routes():
            for tokens in ((good, other), (other, good), (good, good), (good, "x"), ("x", good)):
                headers = [("Authorization", f"Bearer {token}") for token in tokens]
                answer = await http.request(route.method, route.address, headers=headers)
                assert answer.status_code == 401, f"{route.method} {route.path}: {answer.text}"


async def test_a_token_anywhere_but_in_its_header_does_not_count(door: Door) -> None:
    good = door.mint.good(creditor_id=CREDITOR, scopes=(*SCOPES, INTERNAL))
    elsewhere: list[dict[str, Any]] = [
        {"params": {"access_token": good, "token": good, "authorization": f"Bearer {good}"}},
        {"headers": {"Cookie": f"access_token={good}; Authorization=Bearer {good}"}},
        {"headers": {"X-Authorization": f"Bearer {good}", "Proxy-Authorization": f"Bearer {good}"}},
        {"headers": {"Authorization": f"Basic {good}"}},
        {"headers": {"Authorization": f"Bearer {good}, Bearer {good}"}},
        {"headers": {"Authorization": f"Bearer\t{good}"}},
        {"headers": {"Authorization": good}},
    ]
    transport = httpx.ASGITransport(door.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://walls.example") as http:
        for route in door.routes():
            for shown in elsewhere:
                answer = await http.request(route.method, route.address, **shown)
                assert answer.status_code == 401, f"{route.method} {route.path}: {shown}"


async def test_a_good_token_gets_past_the_door(door: Door) -> None:
    """Without this the matrix would hold for a service that refuses everybody."""
    passed = 0
    for route in door.routes():
        operation = door.app.openapi()["paths"].get(route.path, {}).get(route.method.lower(), {})
        if "requestBody" in operation:
            token = door.mint.good(creditor_id=CREDITOR, scopes=route.scopes)
            (answer,) = (await _answers(door.app, route, {"good": token})).values()
            assert answer.status_code == 422, f"{route.method} {route.path}: {answer.status_code}"
            passed += 1
    assert passed
