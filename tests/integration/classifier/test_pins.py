"""A tier set by hand: it holds until its day, the computed one runs on in its shadow."""

from tests.integration.classifier.stage import JANSEN, Stage, on_time

PATH = f"/v1/customers/{JANSEN}/tier"
PIN = {"tier": "BRONZE", "reason": "has sold the business", "expires_on": "2025-06-30"}


async def gold(stage: Stage) -> None:
    await stage.move_to("2025-06-16T12:00:00+02:00")
    await stage.take_in(*on_time(count=6))
    assert (await stage.tier())["tier"] == "GOLD"


async def test_a_pin_holds_until_the_end_of_its_last_day_and_falls_away_by_itself(stage: Stage) -> None:
    await gold(stage)
    answer = await stage.call("PUT", PATH, json=PIN)
    assert answer.status_code == 200, answer.text
    pinned = answer.json()
    assert pinned["tier"] == "BRONZE"
    assert pinned["pin"] == {**PIN, "author": "els"}
    assert pinned["reason"] == "Set to bronze by els until 30 June 2025: has sold the business."
    assert pinned["reason_nl"] == "Op brons gezet door els tot en met 30 juni 2025: has sold the business."
    assert pinned["computed"]["tier"] == "GOLD"
    await stage.move_to("2025-06-30T23:59:59+02:00")
    assert (await stage.tier())["tier"] == "BRONZE"
    await stage.move_to("2025-07-01T00:00:00+02:00")
    found = await stage.tier()
    assert (found["tier"], found["pin"], found["at"]) == ("GOLD", None, "2025-06-30T22:00:00Z")
    assert [(e["tier"], e["at"]) for e in found["history"]][-2:] == [
        ("BRONZE", "2025-06-16T10:00:00Z"),
        ("GOLD", "2025-06-30T22:00:00Z"),
    ]
    assert found["history"][-1]["reason"] == found["reason"]
    events = await stage.published("classifier.tier-changed.v1")
    assert [(e["old_tier"], e["new_tier"], e["evidence"]["rule"]) for e in events[-2:]] == [
        ("GOLD", "BRONZE", "PIN"),
        ("BRONZE", "GOLD", "TABLE"),
    ]


async def test_the_computed_tier_moves_on_in_the_shadow_of_a_pin(stage: Stage) -> None:
    await stage.move_to("2025-06-16T12:00:00+02:00")
    first, *later = on_time(count=6)
    await stage.take_in(first)
    await stage.call("PUT", PATH, json={**PIN, "tier": "SILVER"})
    await stage.take_in(*later)
    found = await stage.tier()
    assert (found["tier"], found["computed"]["tier"]) == ("SILVER", "GOLD")
    assert found["computed"]["reason"] == "All of the last 5 payment moments were on time: silver → gold."


async def test_a_pin_can_be_taken_away_and_replaced(stage: Stage) -> None:
    await gold(stage)
    await stage.call("PUT", PATH, json=PIN)
    second = (await stage.call("PUT", PATH, json={**PIN, "tier": "SILVER"})).json()
    assert (second["tier"], second["pin"]["tier"]) == ("SILVER", "SILVER")
    answer = await stage.call("DELETE", PATH)
    assert (answer.status_code, answer.json()["tier"], answer.json()["pin"]) == (200, "GOLD", None)
    again = await stage.call("DELETE", PATH)
    assert (again.status_code, again.json()) == (200, answer.json())
    await stage.move_to("2025-08-01T00:00:00+02:00")
    assert (await stage.tier())["tier"] == "GOLD"


async def test_who_says_what_they_have_seen_does_not_overwrite_another(stage: Stage) -> None:
    await gold(stage)
    seen = (await stage.call("GET", PATH)).headers["etag"]
    assert (await stage.call("PUT", PATH, json=PIN, headers={"If-Match": seen})).status_code == 200
    stale = await stage.call("PUT", PATH, json={**PIN, "tier": "GOLD"}, headers={"If-Match": seen})
    assert stale.status_code == 412
    assert (await stage.tier())["tier"] == "BRONZE"


async def test_what_makes_no_sense_is_refused_with_its_field(stage: Stage) -> None:
    await gold(stage)
    past = await stage.call("PUT", PATH, json={**PIN, "expires_on": "2025-06-15"})
    assert past.status_code == 422
    assert past.json()["errors"][0]["pointer"] == "#/expires_on"
    for wrong in ({"tier": "PLATINUM"}, {"reason": ""}, {"reason": "  "}, {"expires_on": "30-06-2025"}):
        assert (await stage.call("PUT", PATH, json={**PIN, **wrong})).status_code == 422, wrong
    assert (await stage.tier())["pin"] is None


async def test_an_unknown_customer_and_another_creditors_are_not_found(stage: Stage) -> None:
    await gold(stage)
    assert (await stage.call("GET", "/v1/customers/nobody/tier")).status_code == 404
    assert (await stage.call("GET", "/v1/customers/nobody/profile")).status_code == 404
    assert (await stage.call("PUT", "/v1/customers/nobody/tier", json=PIN)).status_code == 404
    assert (await stage.call("GET", PATH, creditor="rival-nl")).status_code == 404
    assert (await stage.call("DELETE", PATH, creditor="rival-nl")).status_code == 404


async def test_reading_does_not_allow_setting(stage: Stage) -> None:
    await gold(stage)
    reader = stage.headers("acme-nl", "classifier:read")
    assert (await stage.http.put(PATH, json=PIN, headers=reader)).status_code == 403
    assert (await stage.http.get(PATH, headers=reader)).status_code == 200
    assert (await stage.http.get(PATH)).status_code == 401
