"""A policy is checked field by field; the shipped ones are exactly those of requirements.md section 2."""

from copy import deepcopy
from typing import Any

import pytest

from chassis.kernel.errors import Rejected
from scheduler.adapters.default_policies import default_policies, default_policy_data
from scheduler.domain.policy import ISSUED_RANK
from scheduler.domain.policy_reading import check_against, read_policy
from scheduler.domain.words import Deed, Manner


def shipped(name: str = "silver") -> dict[str, Any]:
    return deepcopy(default_policy_data()[name])


def test_the_shipped_ladders_have_their_places_on_the_one_scale() -> None:
    ranks = {name: [(s.name, s.rank) for s in policy.steps] for name, policy in default_policies().items()}
    assert ranks == {
        "gold": [
            ("arrival-call", ISSUED_RANK + 3),
            ("friendly-call", 5),
            ("second-call", 14),
            ("decision", 30),
        ],
        "silver": [
            ("upcoming-reminder", -3),
            ("due-today", 0),
            ("reminder", 5),
            ("overdue-call", 14),
            ("formal-notice", 30),
            ("formal-notice-letter", 32),
        ],
        "bronze": [
            ("arrival-check", ISSUED_RANK + 3),
            ("upcoming-reminder", -3),
            ("due-today", 0),
            ("first-reminder", 1),
            ("reminder", 5),
            ("overdue-call", 14),
            ("final-notice", 30),
            ("hand-over", 45),
        ],
    }


def test_the_shipped_thresholds_and_limits() -> None:
    policies = default_policies()
    assert {name: policy.timing.threshold for name, policy in policies.items()} == {
        "gold": 0.25,
        "silver": 0.45,
        "bronze": 0.6,
    }
    contact = policies["silver"].contact
    assert (contact.at_minute, contact.opens_minute, contact.closes_minute) == (540, 420, 1200)
    assert (contact.messages_max, contact.messages_max_days) == (4, 14)
    assert all(policy.contact == contact for policy in policies.values())


def test_gold_has_no_message_and_names_mean_the_same_on_every_ladder() -> None:
    policies = default_policies()
    assert all(step.deed is not Deed.SEND for step in policies["gold"].steps)
    for policy in policies.values():
        check_against(policy, [other for other in policies.values() if other is not policy])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("steps", 0, "anchor"), "PAYDAY", "steps[0].anchor"),
        (("steps", 0, "day"), "three", "steps[0].day"),
        (("steps", 0, "day"), True, "steps[0].day"),
        (("steps", 1, "channels"), ["FAX"], "steps[1].channels"),
        (("steps", 1, "channels"), [], "steps[1].channels"),
        (("steps", 1, "name"), "upcoming-reminder", "steps[1].name"),
        (("steps", 1, "name"), "no spaces please", "steps[1].name"),
        (("steps", 4, "channels"), ["SMS"], "steps[4].channels"),
        (("steps", 4, "registered"), "yes", "steps[4].registered"),
        (("steps", 0, "deed"), "CANCEL", "steps[0].deed"),
        (("timing", "threshold"), 1.5, "timing.threshold"),
        (("timing", "latest_day"), 0, "timing.latest_day"),
        (("contact", "quiet_until"), "06:59", "contact.quiet_until"),
        (("contact", "quiet_from"), "20:01", "contact.quiet_until"),
        (("contact", "at"), "20:00", "contact.at"),
        (("contact", "at"), "nine", "contact.at"),
        (("contact", "weekdays"), ["SUN"], "contact.weekdays"),
        (("contact", "friendly_before_formal_days"), 6, "contact.friendly_before_formal_days"),
        (("contact", "structural_shift_days_max"), 8, "contact.structural_shift_days_max"),
        (("contact",), None, "contact"),
        (("steps",), [], "steps"),
        (("steps",), {}, "steps"),
        (("steps", 0), "step", "steps[0]"),
    ],
)
def test_a_refusal_names_the_field(path: tuple[Any, ...], value: object, field: str) -> None:
    data = shipped()
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(Rejected) as refused:
        read_policy(data, name="silver", version=2)
    assert refused.value.field == field


def test_gold_never_gets_a_formal_step() -> None:
    data = shipped("gold")
    data["steps"].append(shipped()["steps"][4])
    with pytest.raises(Rejected, match="gold never gets"):
        read_policy(data, name="gold", version=2)


def test_a_step_after_another_needs_that_other() -> None:
    data = shipped("gold")
    data["steps"][2]["after"] = "no-such-step"
    with pytest.raises(Rejected) as refused:
        read_policy(data, name="gold", version=2)
    assert refused.value.field == "steps[2].after"


def test_a_name_cannot_mean_something_else_on_another_ladder() -> None:
    data = shipped()
    data["steps"][0]["day"] = -5
    changed = read_policy(data, name="silver", version=2)
    with pytest.raises(Rejected, match="another place or manner"):
        check_against(changed, [default_policies()["bronze"]])


def test_a_step_may_be_added_where_its_name_is_new() -> None:
    data = shipped()
    extra = {**data["steps"][0], "name": "early-reminder", "day": -10}
    data["steps"].append(extra)
    policy = read_policy(data, name="silver", version=2)
    assert policy.steps[0].name == "early-reminder"
    assert policy.by_name["formal-notice"].manner is Manner.FORMAL
