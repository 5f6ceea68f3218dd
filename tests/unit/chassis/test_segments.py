"""Whatever an ERP puts into an id can stand in a path: a slash too, and no id can reach another route."""

from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.chassis.conftest import Connect

IDS = (
    "2025/001",
    "a/b/c",
    "%2F",
    "%252f",
    "100%",
    "%",
    "/",
    "?a=1",
    "#x",
    "a b",
    "..",
    "../..",
    "é/ß",
    "+",
    ";",
    "a%2fb",
)


async def _shown(client: httpx.AsyncClient, *ids: str) -> object:
    thing, part = (quote(one, safe="").replace(".", "%2E") for one in ids)
    answer = await client.get(f"/v1/things/{thing}/parts/{part}")
    return answer.json()


@pytest.mark.parametrize("one", IDS)
async def test_an_id_arrives_as_it_was_meant(connect: Connect, one: str) -> None:
    async with connect("") as client:
        assert await _shown(client, one, "p") == [one, "p"]
        assert await _shown(client, "t", one) == ["t", one]
        if one not in {"/", "..", "../.."}:
            answer = await client.get(f"/v1/bundles/{quote(one, safe='')}/parts")
            assert answer.json() == one


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    | st.text("/%2Ff5", min_size=1)
)
async def test_every_text_is_an_id(connect: Connect, text: str) -> None:
    async with connect("") as client:
        assert await _shown(client, text, "p") == [text, "p"]


async def test_an_encoded_slash_is_no_way_to_another_route(connect: Connect) -> None:
    async with connect("") as client:
        for path in (
            "/v1%2Fme",
            "/v1/errors%2Fbug",
            "/v1/things/x%2Fparts%2Fy",
            "/v1/errors/..%2f..%2fv1%2fme/x",
        ):
            assert (await client.get(path)).status_code == 404, path
