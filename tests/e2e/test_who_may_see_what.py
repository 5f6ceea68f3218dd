"""Two creditors live on one stack: nothing of one is seen by the other, and nothing of a person is in any log.

One stack serves all of it, because starting one is what costs: the tests stand in the order of their names here.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka.registry import registry
from sandbox.replay.client import SandboxClient
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack
from tests.support.canaries import REIGER, ZWALUW, Canary, found_in, publish
from tests.support.replaying import instant

BOTH = (ZWALUW, REIGER)
NEVER_WAS = "never-was-1"
_EVENING = "2026-04-02T18:00:00+02:00"
_LATER = "2026-05-01"
_HOLD = {"until": _LATER, "reason": "asked for it", "owner": "controller"}
_ORIGIN = ("origin-topic", "origin-partition", "origin-offset")
# A body that the route would carry out, so that it is the owner that is looked at and not the body.
_BODIES: dict[str, Any] = {
    "/disputes": {"reason_code": "PRICE"},
    "/holds": _HOLD,
    "/promises": {"on": "2026-04-20"},
    "/payment-plans": {"invoice_ids": ["{invoice_id}"], "instalments": [{"on": _LATER, "amount": "160.00"}]},
    "/write-off": {"amount": "1.00", "reason": "small"},
    "/allocations": {"allocations": [{"invoice_id": "{invoice_id}", "amount": "1.00"}]},
    "/tier": {"tier": "GOLD", "reason": "by hand", "expires_on": _LATER},
    "/outcome": {"result": "NO_ANSWER"},
    "/consent": {"channels": {"SMS": {"allowed": False}}},
    "/end": None,
}


@dataclass(slots=True)
class Scene:
    """The stack, and what each creditor's objects are called."""

    stack: Stack
    http: httpx.AsyncClient
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    dead_letters: int = 0

    async def call(
        self, service: str, method: str, path: str, *, caller: Canary, **more: Any
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.stack.token(caller.creditor_id)}",
            **more.pop("headers", {}),
        }
        url = self.stack.urls[service] + path
        return await self.http.request(method, url, headers=headers, **more)

    def operations(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield service, method, path and document of every operation that takes a token."""
        for service, document in self.documents.items():
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if operation.get("security"):
                        yield service, method.upper(), path, operation


@pytest.fixture(scope="module")
async def scene() -> AsyncIterator[Scene]:
    """Two creditors with everything they can have, and a few records that can never succeed."""
    settings = {"VELVET_TRACE_EXPORTER": "log", "VELVET_LOG_LEVEL": "debug"}
    async with Stack.fresh(settings=settings) as stack, httpx.AsyncClient(timeout=60) as http:
        scene = Scene(stack, http)
        for service in SERVICES:
            scene.documents[service] = (await http.get(f"{stack.urls[service]}/openapi.json")).json()
        await publish(stack.bootstrap, *BOTH)
        scene.dead_letters = await publish(stack.bootstrap, *BOTH, poison=True)
        async with SandboxClient(stack.urls, token=stack.token(ZWALUW.creditor_id)) as client:
            await client.advance(instant("2026-03-12T06:00:00+01:00"))
            fault = {"channel": "EMAIL", "status": 503, "times": 1}
            await http.post(f"{stack.urls['inbox']}/faults", json=fault)
            await client.advance(instant(_EVENING))
        for canary in BOTH:
            scene.known[canary.word] = await _objects(scene, canary)
        yield scene


async def _objects(scene: Scene, canary: Canary) -> dict[str, str]:
    """Make one of everything that has an id, and return the ids by the names that the paths use."""

    async def made(path: str, name: str) -> str:
        body = _body(path, {"invoice_id": canary.invoice_id(3)})
        answer = await scene.call("invoices", "POST", path, caller=canary, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        return str(answer.json()[name])

    async def first(service: str, path: str, name: str) -> str:
        answer = await scene.call(service, "GET", path, caller=canary)
        return str(answer.json()["items"][0][name])

    invoice, customer = f"/v1/invoices/{canary.invoice_id(2)}", f"/v1/customers/{canary.customer_id(3)}"
    return {
        "customer_id": canary.customer_id(3),
        "invoice_id": canary.invoice_id(2),
        "dispute_id": await made(f"{invoice}/disputes", "dispute_id"),
        "hold_id": await made(f"{invoice}/holds", "hold_id"),
        "write_off_id": await made(f"{invoice}/write-off", "write_off_id"),
        "promise_id": await made(f"{customer}/promises", "promise_id"),
        "plan_id": await made(f"{customer}/payment-plans", "plan_id"),
        "payment_id": await first("invoices", "/v1/unapplied-payments", "payment_id"),
        "task_id": await first("notifier", "/v1/call-tasks", "task_id"),
        "name": "gold",
    }


def _body(path: str, ids: Mapping[str, str]) -> Any:
    body: Any = next((body for ending, body in _BODIES.items() if path.endswith(ending)), {})
    return json.loads(re.sub(r"{(\w+)}", lambda place: ids[place[1]], json.dumps(body)))


def _address(path: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda place: ids[place[1]], path)


async def test_the_scene_shows_what_it_should(scene: Scene) -> None:
    messages = (await scene.http.get(f"{scene.stack.urls['inbox']}/messages?limit=500")).json()["items"]
    for canary in BOTH:
        own = [message for message in messages if found_in(json.dumps(message), canary.marks)]
        assert {message["channel"] for message in own} >= {"EMAIL", "SMS", "WHATSAPP", "LETTER"}
        contacts = (await scene.call("notifier", "GET", "/v1/contacts", caller=canary)).json()["items"]
        assert any(found_in(contact["text"], canary.personal) for contact in contacts)


async def test_every_message_speaks_of_one_creditor_alone(scene: Scene) -> None:
    messages = (await scene.http.get(f"{scene.stack.urls['inbox']}/messages?limit=500")).json()["items"]
    assert len(messages) >= 8
    for message in messages:
        whose = [canary.word for canary in BOTH if found_in(json.dumps(message), canary.marks)]
        assert len(whose) == 1, message


async def test_every_record_speaks_of_the_creditor_in_its_key_alone(scene: Scene) -> None:
    counts = dict.fromkeys(registry().topics, 0)
    for record in await _records(scene.stack.bootstrap):
        counts[record.topic] += 1
        if record.topic.endswith(".journal.v1"):
            continue  # A service's word to itself alone, for all creditors in one order: nobody else may read it.
        whole = b"".join([record.value or b"", *(value for _, value in record.headers)]).decode()
        owner = (record.key or b"").decode().partition(":")[0]
        for canary in BOTH:
            if canary.creditor_id != owner:
                assert found_in(whole, canary.marks) == [], (record.topic, record.key)
    told = {topic for topic, count in counts.items() if count}
    assert told >= {
        "invoices.customer-changed.v1",
        "scheduler.reminder-due.v1",
        "notifier.contact-recorded.v1",
    }


async def test_no_creditor_s_words_are_in_any_answer_to_the_other(scene: Scene) -> None:
    good = 0
    for caller, other in (BOTH, BOTH[::-1]):
        for service, method, path, _ in scene.operations():
            if method == "GET":
                address = _address(path, scene.known[caller.word])
                answer = await scene.call(service, method, address, caller=caller, params={"limit": "500"})
                seen = f"{path} to {caller.word}: {answer.status_code}"
                good += answer.is_success
                assert answer.status_code < 500, seen
                assert found_in(answer.text + str(answer.headers), other.marks) == [], seen
    assert good >= 40


async def test_another_creditor_s_object_answers_as_one_that_never_was(scene: Scene) -> None:
    theirs = scene.known[ZWALUW.word]
    never = dict.fromkeys(theirs, NEVER_WAS) | {"name": theirs["name"]}
    before = await _all_of(scene, ZWALUW)
    compared = 0
    for service, method, path, operation in scene.operations():
        names = {p["name"] for p in operation.get("parameters", [])} & set(theirs) - {"name"}
        if not names:
            continue
        found = []
        for ids in (theirs, never):
            more: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": _body(path, ids)}
            query = {n: ids[n] for n in names if f"{{{n}}}" not in path}
            answer = await scene.call(
                service, method, _address(path, ids), caller=REIGER, params=query, **more
            )
            found.append((answer.status_code, _without(answer.text, ids)))
        compared += 1
        seen = f"{method} {path}: {found[0]}"
        assert found[0] == found[1], seen
        assert found[0][0] in {401, 403, 404} or not found_in(found[0][1], ZWALUW.marks), seen
        assert found[0][0] != 422, f"{seen}: say what a good body is"
    assert compared >= 30
    assert await _all_of(scene, ZWALUW) == before, "and nothing of it was changed"


async def _all_of(scene: Scene, canary: Canary) -> dict[str, Any]:
    """Return what the creditor sees of its own."""
    found = {}
    for service, method, path, _ in scene.operations():
        if method == "GET" and path != "/v1/clock":
            address = _address(path, scene.known[canary.word])
            answer = await scene.call(service, method, address, caller=canary, params={"limit": "500"})
            found[path] = {name: value for name, value in answer.json().items() if name != "trace_id"}
    return found


def _without(text: str, ids: Mapping[str, str]) -> str:
    """Leave out what only names the request."""
    for value in sorted(ids.values(), key=len, reverse=True):
        text = text.replace(value, "ID")
    return re.sub(r'"trace_id":"\w*"', "", text)


async def test_dead_letters_say_what_was_wrong_and_quote_nothing(scene: Scene) -> None:
    parked = [r for r in await _records(scene.stack.bootstrap) if r.topic == "invoices.dead-letter.v1"]
    assert len(parked) == scene.dead_letters
    for record in parked:
        headers = {name: value.decode() for name, value in record.headers}
        ours = " ".join(headers[name] for name in ("error", *_ORIGIN))
        assert headers["error"]
        for canary in BOTH:
            assert found_in(ours, canary.personal) == [], ours


async def test_a_problem_does_not_repeat_what_it_refuses(scene: Scene) -> None:
    secret = f"{ZWALUW.person} p@{ZWALUW.person}.example {ZWALUW.iban} +31{ZWALUW.digits}01"
    refused = 0
    for service, method, path, operation in scene.operations():
        ids = scene.known[ZWALUW.word]
        query = {p["name"]: secret for p in operation.get("parameters", []) if p["in"] == "query"}
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        bodies = _spoiled(schema, scene.documents[service], secret=secret) if schema else [None]
        for body in bodies:
            more: dict[str, Any] = {} if body is None else {"json": body}
            headers = {"If-Match": f'"{ZWALUW.person}"', "traceparent": ZWALUW.person}
            answer = await scene.call(
                service, method, _address(path, ids), caller=ZWALUW, params=query, headers=headers, **more
            )
            if answer.status_code >= 400:
                refused += 1
                seen = f"{method} {path}: {answer.status_code} {answer.text}"
                assert answer.status_code < 500, seen
                assert found_in(answer.text + str(answer.headers), ZWALUW.personal) == [], seen
    assert refused >= 30


def _spoiled(schema: Any, document: dict[str, Any], *, secret: str) -> list[Any]:
    """Return bodies that have the personal data in the place of values, of a list, and of the whole."""
    return [_filled(schema, document, secret=secret), [secret], secret]


def _filled(schema: Any, document: dict[str, Any], *, secret: str) -> Any:
    if "$ref" in schema:
        return _filled(
            document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, secret=secret
        )
    if "properties" in schema:
        return {name: _filled(part, document, secret=secret) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_filled(schema.get("items", {}), document, secret=secret)]
    if isinstance(schema.get("additionalProperties"), dict):
        return {secret: _filled(schema["additionalProperties"], document, secret=secret)}
    return secret


async def test_nothing_of_a_person_is_in_any_log_trace_or_metric(scene: Scene) -> None:
    """The last one: everything above has happened, refusals, poison and failing providers included."""
    traces = 0
    for log in sorted(scene.stack.layout.logs.iterdir()):
        text = log.read_text(errors="replace")
        traces += text.count("span_ended")
        for line in text.splitlines():
            for canary in BOTH:
                assert found_in(line, canary.personal) == [], f"{log.name}: {line[:500]}"
    assert traces, "spans are written to the logs"
    for service in SERVICES:
        metrics = (await scene.http.get(f"{scene.stack.urls[service]}/metrics")).text
        assert "velvet_" in metrics
        for canary in BOTH:
            assert found_in(metrics, canary.marks) == [], service


async def _records(bootstrap: str) -> list[Any]:
    """Read every record of every topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [
            TopicPartition(topic.name, partition)
            for topic in registry().topics.values()
            for partition in range(topic.partitions)
        ]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        left = {place for place in places if ends[place] > 0}
        found: list[Any] = []
        while left:
            for place, batch in (await consumer.getmany(timeout_ms=500)).items():
                found += batch
                if batch and batch[-1].offset + 1 >= ends[place]:
                    left.discard(place)
        return found
    finally:
        await consumer.stop()
