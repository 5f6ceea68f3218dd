"""Keys that verify tokens, asked for at an address."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from chassis.http import keys
from chassis.http.keys import KeyRing
from chassis.kernel.errors import Transient
from chassis.settings import ServiceSettings
from tests.support.token_files import key_files


@dataclass
class Issuer:
    """An identity provider that shows its keys, and counts who asks."""

    body: bytes
    status: str = "200 OK"
    asked: int = 0
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def showing(body: bytes, *, status: str = "200 OK") -> AsyncIterator[Issuer]:
    issuer = Issuer(body, status)
    async with await asyncio.start_server(issuer.answer, "127.0.0.1", 0) as server:
        issuer.port = server.sockets[0].getsockname()[1]
        yield issuer


@pytest.fixture
def jwks(tmp_path: Path) -> bytes:
    """The public keys of an issuer."""
    return key_files(tmp_path)[1].read_bytes()


def ring(port: int) -> KeyRing:
    nowhere = SecretStr("postgresql://nobody@127.0.0.1:1/none")
    return KeyRing(
        ServiceSettings(
            service="toy", database_url=nowhere, auth_jwks_url=f"http://127.0.0.1:{port}/jwks.json"
        )
    )


async def test_keys_are_asked_for_once_and_kept(jwks: bytes) -> None:
    (key,) = json.loads(jwks)["keys"]
    async with showing(jwks) as issuer:
        mine = ring(issuer.port)
        for _ in range(3):
            assert (await mine.keys(kid=key["kid"])).keys[0].kid == key["kid"]
        # A forged key id makes nobody ask again so soon.
        assert [found.kid for found in (await mine.keys(kid="forged")).keys] == [key["kid"]]
    assert issuer.asked == 1


async def test_a_new_key_is_found_and_the_old_ones_stay_while_nobody_answers(
    jwks: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_UNKNOWN_KEY_S", 0.0)
    (tmp_path / "next").mkdir()
    following = key_files(tmp_path / "next")[1].read_bytes()
    (old,), (new,) = json.loads(jwks)["keys"], json.loads(following)["keys"]
    async with showing(jwks) as issuer:
        mine = ring(issuer.port)
        await mine.keys(kid=old["kid"])
        issuer.body = following
        assert [found.kid for found in (await mine.keys(kid=new["kid"])).keys] == [new["kid"]]
    assert [found.kid for found in (await mine.keys(kid="unknown")).keys] == [new["kid"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", "500 Oops"), (b"<html>", "200 OK"), (b'{"keys": 1}', "200 OK"), (b"[{}]", "200 OK")],
)
async def test_without_any_key_the_caller_is_told_to_come_again(body: bytes, status: str) -> None:
    async with showing(body, status=status) as issuer:
        with pytest.raises(Transient):
            await ring(issuer.port).keys(kid="any")
    with pytest.raises(Transient):
        await ring(issuer.port).keys(kid="any")
