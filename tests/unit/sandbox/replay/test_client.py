"""What the replay's client makes of an answer that died with its process."""

import inspect

import httpx
import pytest

from chassis.http import idempotency
from sandbox.replay.client import DONE_UNHEARD, SandboxClient, SandboxError


def client_hearing(status: int, detail: str) -> SandboxClient:
    client = SandboxClient({"invoices": "http://invoices.example"}, token="t")
    answer = httpx.MockTransport(lambda _: httpx.Response(status, json={"detail": detail}))
    client._http = httpx.AsyncClient(transport=answer)
    return client


async def test_what_was_carried_out_before_the_answer_was_lost_is_done() -> None:
    async with client_hearing(409, f"{DONE_UNHEARD}: read what it made.") as client:
        assert await client.post("invoices", "/v1/x", body={}) == {}


async def test_any_other_conflict_is_an_error() -> None:
    async with client_hearing(409, "another request with this Idempotency-Key is under way") as client:
        with pytest.raises(SandboxError, match="answered 409"):
            await client.post("invoices", "/v1/x", body={})


def test_the_services_say_it_in_these_words() -> None:
    assert DONE_UNHEARD in inspect.getsource(idempotency)
