"""Headers without end are refused before they fill the memory, and a request that trickles in is not waited for."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from chassis.http.arrival import HEAD_BYTES_MAX, BoundedArrival
from chassis.http.idempotency import read_body


class _Impatient(BoundedArrival):
    arrival_s_max = 1.5


async def _counting(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * _Impatient.arrival_s_max)
    await PlainTextResponse(str(len(await read_body(receive))))(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_counting, http=_Impatient, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    await serving


async def _said(port: int, *pieces: bytes) -> tuple[bytes, int]:
    """Send the pieces until the other side closes; returns what it said, and how many were sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
            sent += 1
        async with asyncio.timeout(10):
            return await reader.read(), sent
    except ConnectionError:
        return b"", sent
    finally:
        writer.close()


@pytest.mark.parametrize(
    "endless",
    [
        [b"GET / HTTP/1.1\r\nX: ", *[b"y" * 10_000] * 1000],
        [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n" * 1000] * 1000],
        [b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ", *[b"y" * 10_000] * 1000],
    ],
)
async def test_headers_without_end_are_refused(port: int, endless: list[bytes]) -> None:
    _, sent = await _said(port, *endless)
    assert sent < 500, "it hung up long before the end"


async def test_headers_of_the_limit_are_taken_and_bodies_are_not_counted(port: int) -> None:
    last = b"Connection: close\r\n"
    for head, body in ((b"X: " + b"y" * (HEAD_BYTES_MAX - 500) + b"\r\n", b""), (b"", b"z" * 1_000_000)):
        request = b"POST / HTTP/1.1\r\nHost: x\r\n" + head + last + b"Content-Length: %d\r\n\r\n" % len(body)
        said, _ = await _said(port, request + body)
        assert said.startswith(b"HTTP/1.1 200"), said[:100]
        assert said.endswith(str(len(body)).encode())


async def test_what_is_refused_is_told_so(port: int) -> None:
    said, _ = await _said(port, b"GET / HTTP/1.1\r\nX: " + b"y" * (HEAD_BYTES_MAX + 1))
    assert said.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        (b"", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nX: ", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ", b"HTTP/1.1 200 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", b""),
    ],
)
async def test_a_request_that_trickles_in_is_not_waited_for(port: int, beginning: bytes, says: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    began = asyncio.get_running_loop().time()
    said = bytearray()

    async def trickle() -> None:
        while beginning:
            writer.write(b"y")
            await asyncio.sleep(0.1)

    trickling = asyncio.create_task(trickle())
    try:
        async with asyncio.timeout(20):
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(10_000):
                    said += piece
    finally:
        trickling.cancel()
        writer.close()
    assert bytes(said).startswith(says)
    assert bool(said) == bool(says), bytes(said)
    assert asyncio.get_running_loop().time() - began > 1, "it was given its time"


async def test_an_answer_that_takes_long_is_waited_for(port: int) -> None:
    said, _ = await _said(port, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
