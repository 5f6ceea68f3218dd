"""Problems, pages, edits and limits: what every route of every service has in common."""

from collections.abc import Callable

import pytest

from tests.unit.chassis.conftest import Connect

Make = Callable[..., str]


@pytest.mark.parametrize(
    ("name", "status"),
    [("rejected", 422), ("missing", 404), ("conflict", 409), ("transient", 503), ("bug", 500)],
)
async def test_an_error_is_a_problem_with_a_trace_id_and_nothing_of_the_inside(
    connect: Connect, name: str, status: int
) -> None:
    async with connect() as client:
        answer = await client.get(f"/v1/errors/{name}")
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) >= {"type", "title", "status", "detail", "trace_id"}
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    if name == "rejected":
        assert problem["errors"] == [{"detail": "no", "pointer": "#/a/b"}]


async def test_the_trace_id_is_the_caller_s(connect: Connect) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with connect(traceparent=f"00-{trace_id}-b7ad6b7169203331-01") as client:
        assert (await client.get("/v1/errors/missing")).json()["trace_id"] == trace_id
        assert (await client.get("/v1/errors/bug")).json()["trace_id"] == trace_id


async def test_unknown_paths_and_methods_are_problems_too(connect: Connect) -> None:
    async with connect() as client:
        for answer in (await client.get("/v1/nothing"), await client.delete("/v1/me")):
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code


async def test_each_fault_of_a_body_is_pointed_at(connect: Connect, token: Make) -> None:
    async with connect(token()) as client:
        answer = await client.post("/v1/toys", json={"size": -1})
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"#/name", "#/size"}


async def test_a_body_that_is_no_json_is_a_422_and_one_too_large_a_413(connect: Connect, token: Make) -> None:
    headers = {"content-type": "application/json"}

    async def endless() -> object:
        for _ in range(10):
            yield b" " * 500

    async with connect(token()) as client:
        assert (await client.post("/v1/toys", content=b"{", headers=headers)).status_code == 422
        large = await client.post("/v1/toys", content=b" " * 2001, headers=headers)
        assert large.status_code == 413
        assert "VELVET_HTTP_BODY_BYTES_MAX" in large.json()["detail"]
        undeclared = await client.post("/v1/toys", content=endless(), headers=headers)  # type: ignore[arg-type]
        assert undeclared.status_code == 413


async def test_a_body_without_a_length_that_grows_too_large_is_a_413_whoever_reads_it(
    connect: Connect, token: Make
) -> None:
    async def endless() -> object:
        for _ in range(10):
            yield b" " * 500

    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    async with connect(token()) as client:
        for path in ("/v1/toys", "/v1/nowhere"):
            answer = await client.post(path, content=endless(), headers=headers)  # type: ignore[arg-type]
            assert answer.status_code == 413, path
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_name_that_the_document_does_not_know_is_not_repeated(connect: Connect, token: Make) -> None:
    async with connect(token()) as client:
        body = {"jan@canary.example": {"name": 5, "size": "x"}, "RED": {"name": 5, "size": 1}}
        answer = await client.put("/v1/colours", json=body)
    assert answer.status_code == 422
    assert "canary" not in answer.text
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"#", "#/RED/name"}


async def test_a_list_is_walked_page_by_page(connect: Connect, token: Make) -> None:
    seen: list[int] = []
    async with connect(token()) as client:
        params: dict[str, str] = {"limit": "5", "unknown": "ignored"}
        while True:
            page = (await client.get("/v1/numbers", params=params)).json()
            seen += page["items"]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    assert seen == list(range(1, 13))


async def test_a_cursor_of_another_creditor_filter_or_hand_is_refused(connect: Connect, token: Make) -> None:
    async with connect(token()) as client:
        cursor = (await client.get("/v1/numbers", params={"limit": "5"})).json()["next_cursor"]
        other = {"Authorization": f"Bearer {token(creditor_id='other')}"}
        refused = [
            await client.get("/v1/numbers", params={"cursor": cursor}, headers=other),
            await client.get("/v1/numbers", params={"cursor": cursor, "status": "OPEN"}),
            await client.get("/v1/numbers", params={"cursor": "A" + cursor[1:]}),
            await client.get("/v1/numbers", params={"cursor": "é!"}),
        ]
    assert {answer.status_code for answer in refused} == {422}


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many"])
async def test_a_limit_out_of_bounds_is_refused(connect: Connect, token: Make, limit: str) -> None:
    async with connect(token()) as client:
        assert (await client.get("/v1/numbers", params={"limit": limit})).status_code == 422


async def test_an_edit_needs_the_version_that_was_seen(connect: Connect, token: Make) -> None:
    async with connect(token()) as client:
        assert (await client.put("/v1/edited")).status_code == 428
        assert (await client.put("/v1/edited", headers={"If-Match": '"6"'})).status_code == 412
        done = await client.put("/v1/edited", headers={"If-Match": '"7"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"8"')


async def test_the_description_is_openapi_3_1_and_shows_no_internal_route(connect: Connect) -> None:
    async with connect() as client:
        described = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert "/v1/me" in described["paths"]
    assert not [path for path in described["paths"] if path.startswith("/internal")]


async def test_probes_answer_without_a_token(connect: Connect) -> None:
    async with connect() as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        assert b"velvet_http_seconds" in (await client.get("/metrics")).content
