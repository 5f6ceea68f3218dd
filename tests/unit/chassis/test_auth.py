"""A token counts only when everything about it is right, and never chooses how it is checked."""

import base64
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from chassis.http.tokens import ServiceToken
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from tests.unit.chassis.conftest import Connect

Make = Callable[..., str]


def _claims(settings: ServiceSettings, **changes: Any) -> dict[str, Any]:
    claims = {
        "iss": settings.auth_issuer,
        "aud": settings.auth_audience,
        "sub": "someone",
        "exp": int(time.time()) + 60,
        "creditor_id": "acme",
        "scope": "toys:read",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _signed(settings: ServiceSettings, **changes: Any) -> str:
    assert settings.auth_signing_key_file is not None
    key = ECKey.import_key(json.loads(settings.auth_signing_key_file.read_text()))
    header = {"alg": "ES256", "kid": key.kid, "typ": changes.pop("typ", "JWT")}
    return jwt.encode(header, _claims(settings, **changes), key, algorithms=["ES256"])


async def _get(connect: Connect, token: str) -> httpx.Response:
    async with connect(token) as client:
        return await client.get("/v1/me")


async def test_a_good_token_names_the_creditor(connect: Connect, token: Make) -> None:
    answer = await _get(connect, token())
    assert answer.json() == {"creditor_id": "acme", "subject": "someone"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": 4_000_000_000},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other", "another"]},
        {"aud": None},
        {"creditor_id": None},
        {"creditor_id": ""},
        {"creditor_id": 5},
        {"creditor_id": "a\x00"},
        {"typ": "dpop+jwt"},
    ],
)
async def test_a_token_with_one_thing_wrong_is_refused(
    connect: Connect, settings: ServiceSettings, changes: dict[str, Any]
) -> None:
    answer = await _get(connect, _signed(settings, **changes))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_algorithm_none_is_refused(connect: Connect, settings: ServiceSettings) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    for alg in ("none", "None", "NONE", ""):
        answer = await _get(connect, f"{part({'alg': alg})}.{part(_claims(settings))}.")
        assert answer.status_code == 401


async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(
    connect: Connect, settings: ServiceSettings
) -> None:
    assert settings.auth_jwks_file is not None
    public = json.loads(settings.auth_jwks_file.read_text())["keys"][0]
    secret = OctKey.import_key(json.dumps(public).encode())
    forged = jwt.encode(
        {"alg": "HS256", "kid": public["kid"]}, _claims(settings), secret, algorithms=["HS256"]
    )
    assert (await _get(connect, forged)).status_code == 401


async def test_a_token_of_another_key_is_refused_even_with_our_key_s_id(
    connect: Connect, settings: ServiceSettings
) -> None:
    assert settings.auth_jwks_file is not None
    kid = json.loads(settings.auth_jwks_file.read_text())["keys"][0]["kid"]
    other = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "kid": kid}, _claims(settings), other, algorithms=["ES256"])
    assert (await _get(connect, forged)).status_code == 401


async def test_an_rsa_key_of_the_set_is_accepted(connect: Connect, settings: ServiceSettings) -> None:
    assert settings.auth_jwks_file is not None
    key = RSAKey.generate_key(2048, auto_kid=True)
    keys = json.loads(settings.auth_jwks_file.read_text())["keys"]
    settings.auth_jwks_file.write_text(json.dumps({"keys": [*keys, key.as_dict(private=False)]}))
    token = jwt.encode({"alg": "RS256", "kid": key.kid}, _claims(settings), key, algorithms=["RS256"])
    assert (await _get(connect, token)).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é" * 10, "a" * 10_000])
async def test_what_is_no_token_is_refused(connect: Connect, token: str) -> None:
    async with connect() as client:
        headers = {b"Authorization": f"Bearer {token}".encode()}
        assert (await client.get("/v1/me", headers=headers)).status_code == 401
        assert (await client.get("/v1/me", headers={"Authorization": "Basic YTpi"})).status_code == 401
        assert (await client.get("/v1/me")).headers["www-authenticate"] == "Bearer"


async def test_a_missing_scope_is_forbidden_and_named(connect: Connect, token: Make) -> None:
    answer = await _get(connect, token(scopes=("toys:write",)))
    assert answer.status_code == 403
    assert 'scope="toys:read"' in answer.headers["www-authenticate"]


async def test_a_token_for_every_creditor_opens_no_creditor_s_door(connect: Connect, token: Make) -> None:
    assert (await _get(connect, token(creditor_id="*", scopes=("toys:read", "internal")))).status_code == 403


async def test_internal_routes_need_the_internal_scope(connect: Connect, token: Make) -> None:
    async with connect(token()) as client:
        assert (await client.post("/internal/settle", json={})).status_code == 403


def test_outside_the_sandbox_the_service_s_token_is_read_anew_when_its_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    own = ServiceToken(ServiceSettings(service="toy", auth_service_token_file=file))
    assert own() == "first"
    file.write_text("second\n")
    assert own() in {"first", "second"}
    os.utime(file, ns=(1, 1))
    assert own() == "second"


def test_without_a_token_a_call_is_put_off_with_a_reason() -> None:
    with pytest.raises(Transient, match="VELVET_AUTH_SERVICE_TOKEN_FILE"):
        ServiceToken(ServiceSettings(service="toy"))()
