"""Reads a policy from plain data and checks it; every refusal names the field."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from chassis.kernel.errors import Rejected
from scheduler.domain.policy import ISSUED_RANK, ContactRules, Policy, Step, Timing
from scheduler.domain.words import Anchor, Channel, Deed, Manner, Purpose, Tone

WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LAW_OPENS, LAW_CLOSES = 7 * 60, 20 * 60
"""Bki art. 4.2: no approach between 20:00 and 07:00, never on Sunday; a policy may only be stricter."""
STEPS_MAX: Final = 30
_DEEDS: Final = (Deed.SEND, Deed.CALL, Deed.DECISION, Deed.HANDOVER)

W = TypeVar("W", Anchor, Channel, Deed, Manner, Purpose, Tone)


def read_policy(data: Mapping[str, Any], *, name: str, version: int) -> Policy:
    """Return the policy that ``data`` describes; raises Rejected naming the first field at fault."""
    steps = [_step(item, f"steps[{n}]") for n, item in enumerate(_list(data, "steps", "steps"))]
    if not 1 <= len(steps) <= STEPS_MAX:
        raise Rejected(f"between 1 and {STEPS_MAX} steps are needed", field="steps")
    _check_steps(steps, name=name)
    return Policy(
        name=name,
        version=version,
        steps=tuple(sorted(steps, key=lambda step: (step.rank, step.name))),
        timing=_timing(_mapping(data, "timing")),
        contact=_contact(_mapping(data, "contact")),
    )


def check_against(policy: Policy, others: Sequence[Policy]) -> None:
    """Refuse a step name that means something else on another ladder: names are carried out once per invoice."""
    for number, step in enumerate(policy.steps):
        for other in others:
            twin = other.by_name.get(step.name)
            if twin is not None and (twin.rank, twin.manner) != (step.rank, step.manner):
                raise Rejected(
                    f"{step.name} has another place or manner in {other.name}: choose another name",
                    field=f"steps[{number}].name",
                )


def _check_steps(steps: Sequence[Step], *, name: str) -> None:
    seen: set[str] = set()
    for number, step in enumerate(steps):
        at = f"steps[{number}]"
        if step.name in seen:
            raise Rejected(f"{step.name} stands twice on the ladder", field=f"{at}.name")
        seen.add(step.name)
        if step.is_formal and name == "gold":
            raise Rejected("gold never gets an automatic formal notice (W11)", field=f"{at}.manner")
        if step.is_formal and not set(step.channels) <= {Channel.EMAIL, Channel.LETTER}:
            raise Rejected("a formal step goes by EMAIL or LETTER only", field=f"{at}.channels")
        if step.deed is Deed.SEND and step.manner is Manner.PERSON:
            raise Rejected("a message is FRIENDLY or FORMAL", field=f"{at}.manner")
    for number, step in enumerate(steps):
        if step.anchor is Anchor.STEP and step.after not in seen:
            raise Rejected("there is no step of that name", field=f"steps[{number}].after")


def _step(data: Any, at: str) -> Step:
    if not isinstance(data, Mapping):
        raise Rejected("an object is needed", field=at)
    anchor = _word(Anchor, data, "anchor", at)
    deed = _word(Deed, data, "deed", at)
    if deed not in _DEEDS:
        raise Rejected("SEND, CALL, DECISION or HANDOVER is needed", field=f"{at}.deed")
    manner = _word(Manner, data, "manner", at)
    channels = tuple(_channel(item, f"{at}.channels") for item in data.get("channels", ()))
    if deed is Deed.SEND and not channels:
        raise Rejected("a message needs at least one channel", field=f"{at}.channels")
    day = _int(data, "day", at, within=(-120, 365), default=0)
    return Step(
        name=_slug(data, "name", at),
        anchor=anchor,
        day=day,
        rank=_rank(data, anchor, day, at),
        deed=deed,
        manner=manner,
        channels=channels,
        tone=_word(Tone, data, "tone", at),
        template=_slug(data, "template", at),
        consumer_template=_slug(data, "consumer_template", at) if data.get("consumer_template") else "",
        purpose=_word(Purpose, data, "purpose", at) if "purpose" in data else Purpose.REMINDER,
        registered=_bool(data, "registered", at),
        important_only=_bool(data, "important_only", at),
        after=_slug(data, "after", at) if anchor is Anchor.STEP else "",
    )


def _rank(data: Mapping[str, Any], anchor: Anchor, day: int, at: str) -> int:
    """Place the step on the one scale: "issued+n" before everything else, the rest by day."""
    if anchor is Anchor.ISSUED:
        return ISSUED_RANK + day
    if anchor in {Anchor.STOPPING_RULE, Anchor.STEP}:
        return _int(data, "rank", at, within=(1, 365))
    return _int(data, "rank", at, within=(-120, 365), default=day)


def _timing(data: Mapping[str, Any]) -> Timing:
    threshold = data.get("threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise Rejected("a number from 0 to 1 is needed", field="timing.threshold")
    return Timing(
        threshold=float(threshold),
        latest_day=_int(data, "latest_day", "timing", within=(1, 60)),
        day_without_history=_int(data, "day_without_history", "timing", within=(1, 60)),
        episodes_needed=_int(data, "episodes_needed", "timing", within=(0, 100)),
    )


def _contact(data: Mapping[str, Any]) -> ContactRules:
    opens = _minute(data, "quiet_until", "contact")
    closes = _minute(data, "quiet_from", "contact")
    at_minute = _minute(data, "at", "contact")
    if opens < LAW_OPENS or closes > LAW_CLOSES or opens >= closes:
        raise Rejected("the law allows 07:00 to 20:00 at most (Bki art. 4.2)", field="contact.quiet_until")
    if not opens <= at_minute < closes:
        raise Rejected("the moment lies in the quiet hours", field="contact.at")
    return ContactRules(
        weekdays=_weekdays(data),
        at_minute=at_minute,
        opens_minute=opens,
        closes_minute=closes,
        grace_minutes=_int(data, "grace_minutes", "contact", within=(1, 600)),
        messages_max=_int(data, "messages_max", "contact", within=(1, 100)),
        messages_max_days=_int(data, "messages_max_days", "contact", within=(1, 90)),
        friendly_before_formal_days=_int(data, "friendly_before_formal_days", "contact", within=(7, 60)),
        structural_shift_days_max=_int(data, "structural_shift_days_max", "contact", within=(0, 7)),
        whatsapp_thread_hours=_int(data, "whatsapp_thread_hours", "contact", within=(0, 24)),
        reassign_after_business_days=_int(data, "reassign_after_business_days", "contact", within=(1, 60)),
        assignee=str(data.get("assignee", "")),
    )


def _weekdays(data: Mapping[str, Any]) -> frozenset[int]:
    names = _list(data, "weekdays", "contact.weekdays")
    if not names or not set(names) <= set(WEEKDAYS[:6]):
        raise Rejected("at least one of MON to SAT is needed; never SUN", field="contact.weekdays")
    return frozenset(WEEKDAYS.index(name) for name in names)


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, Mapping):
        raise Rejected("an object is needed", field=key)
    return found


def _list(data: Mapping[str, Any], key: str, field: str) -> Sequence[Any]:
    found = data.get(key)
    if not isinstance(found, list | tuple):
        raise Rejected("a list is needed", field=field)
    return found


def _int(
    data: Mapping[str, Any], key: str, at: str, *, within: tuple[int, int], default: int | None = None
) -> int:
    low, high = within
    found = data.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
        raise Rejected(f"a whole number from {low} to {high} is needed", field=f"{at}.{key}")
    return found


def _bool(data: Mapping[str, Any], key: str, at: str) -> bool:
    found = data.get(key, False)
    if not isinstance(found, bool):
        raise Rejected("true or false is needed", field=f"{at}.{key}")
    return found


def _word(kind: type[W], data: Mapping[str, Any], key: str, at: str) -> W:
    try:
        return kind(str(data.get(key, "")))
    except ValueError:
        raise Rejected(f"one of {', '.join(kind)} is needed", field=f"{at}.{key}") from None


def _channel(value: Any, field: str) -> Channel:
    if value not in {Channel.EMAIL, Channel.SMS, Channel.WHATSAPP, Channel.LETTER}:
        raise Rejected("EMAIL, SMS, WHATSAPP or LETTER is needed", field=field)
    return Channel(value)


def _slug(data: Mapping[str, Any], key: str, at: str) -> str:
    found = data.get(key)
    if not isinstance(found, str) or not found.replace("-", "").isalnum() or not found.isascii():
        raise Rejected("letters, digits and hyphens are needed", field=f"{at}.{key}")
    return found


def _minute(data: Mapping[str, Any], key: str, at: str) -> int:
    found = str(data.get(key, ""))
    hours, _, minutes = found.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise Rejected("a time such as 09:00 is needed", field=f"{at}.{key}")
    return int(hours) * 60 + int(minutes)
