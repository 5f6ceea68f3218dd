"""A link of the harness fails as it is told, and works again when it heals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chaos.proxy import HOST, Link, Mode
from sandbox.stack.addresses import free_ports

ANSWER = b"taken: 0123456789"


class Server:
    """Answers each POST and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1000):
            self.heard.append(chunk)
            writer.write(ANSWER)
        writer.close()


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Server, Link]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, HOST, 0)
    link = Link("test", free_ports(1)[0], listening.sockets[0].getsockname()[1])
    await link.start()
    try:
        yield server, link
    finally:
        await link.stop()
        listening.close()


async def ask(link: Link, question: bytes = b"POST / ") -> bytes:
    """Return what came back: nothing, when the connection is reset first."""
    try:
        reader, writer = await asyncio.open_connection(HOST, link.port)
        writer.write(question)
        async with asyncio.timeout(5):
            answer = await reader.read(1000)
        writer.close()
    except ConnectionError:
        return b""
    return answer


async def test_a_healthy_link_carries_both_ways() -> None:
    async with linked() as (server, link):
        assert await ask(link) == ANSWER
        assert server.heard == [b"POST / "]


async def test_a_cut_answer_was_asked_for_and_never_comes_whole() -> None:
    async with linked() as (server, link):
        link.cut_answers(1)
        assert await ask(link) in {ANSWER[: len(ANSWER) // 2], b""}
        assert server.heard == [b"POST / "]
        assert link.cuts_made == 1
        assert await ask(link) == ANSWER


async def test_only_what_asks_for_an_effect_is_cut() -> None:
    async with linked() as (_, link):
        link.cut_answers(1)
        assert await ask(link, b"GET / ") == ANSWER
        assert link.cuts_made == 0


async def test_a_black_hole_swallows_and_its_connections_die_when_it_heals() -> None:
    async with linked() as (server, link):
        reader, writer = await asyncio.open_connection(HOST, link.port)
        link.fail(Mode.BLACKHOLE)
        writer.write(b"POST / ")
        await asyncio.sleep(0.1)
        assert server.heard == []
        link.heal()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        assert await ask(link) == ANSWER


async def test_what_is_held_arrives_when_the_link_heals() -> None:
    async with linked() as (server, link):
        link.fail(Mode.HOLD)
        asking = asyncio.create_task(ask(link))
        await asyncio.sleep(0.1)
        assert server.heard == []
        link.heal()
        assert await asking == ANSWER


async def test_a_refusing_link_resets_whoever_comes() -> None:
    async with linked() as (_, link):
        link.fail(Mode.REFUSE)
        assert await ask(link) == b""
        link.heal()
        assert await ask(link) == ANSWER
