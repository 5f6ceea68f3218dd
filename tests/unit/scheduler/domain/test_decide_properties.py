"""What must hold for `decide` whatever the customer: found by trying, not by example."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.domain.customer import Customer, Detail, Invoice, Profile, Stop, TierSpan, Window
from scheduler.domain.ladder import NOTHING_DONE
from scheduler.domain.policy import zone_of
from scheduler.domain.pressure import ONE_DAY
from scheduler.domain.words import Deed, Tier
from tests.unit.scheduler.builders import CALENDARS, EVERY_DETAIL, RULES, Life, ask, customer, local

FIRST = date(2026, 3, 1)
START = local("2026-03-01", "00:00")
WHATSAPP = Detail("REMINDER", "WHATSAPP", "m1")


def _invoice(number: int, issued: int, term: int, amount: int) -> Invoice:
    issued_on = FIRST + timedelta(days=issued)
    due_on = issued_on + timedelta(days=term)
    return Invoice(
        invoice_id=f"I-{number}",
        version=1,
        currency="EUR",
        amount=Decimal(amount),
        open=Decimal(amount),
        issued_on=issued_on,
        due_on=due_on,
        payable_on=CALENDARS.bank.roll(due_on),
        known_from=local(issued_on, "00:00"),
    )


profiles = st.builds(
    lambda mass, late, episodes: Profile(
        version=1,
        episodes=episodes,
        structural_days_late=late,
        lateness=tuple(m / (sum(mass) or 1) for m in mass),
        weekday_factor=(1.0,) * 7,
    ),
    st.lists(st.floats(0, 1), min_size=24, max_size=24),
    st.none() | st.floats(0, 12),
    st.integers(0, 30),
)
windows = st.none() | st.builds(
    Window, st.integers(0, 1439), st.integers(1, 1440), st.frozensets(st.integers(0, 6), max_size=4)
)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    count = draw(st.integers(1, 5))
    invoices = [
        _invoice(
            n,
            draw(st.integers(0, 60)),
            draw(st.sampled_from((0, 3, 8, 14, 30))),
            draw(st.sampled_from((90, 12_000))),
        )
        for n in range(count)
    ]
    return customer(*invoices, tier=draw(st.sampled_from(("GOLD", "SILVER", "BRONZE"))))._replace(
        profile=draw(profiles),
        window=draw(windows),
        timezone=draw(st.sampled_from(("Europe/Amsterdam", "America/New_York", "Asia/Tokyo"))),
        preferred_channel=draw(st.sampled_from(("", "EMAIL", "WHATSAPP", "CALL", "LETTER", "PORTAL"))),
        details=draw(st.sampled_from((EVERY_DETAIL, (*EVERY_DETAIL, WHATSAPP), EVERY_DETAIL[:1], ()))),
        is_consumer=draw(st.booleans()),
    )


@st.composite
def stories(draw: st.DrawFn) -> Life:
    """A customer's spring and summer with changes of tier, stops and payments on the way."""
    story = Life(draw(customers()), start=START, calls_done=draw(st.booleans()))
    for number in range(draw(st.integers(0, 4))):
        story.until(story.now + timedelta(days=draw(st.integers(1, 30)), hours=draw(st.integers(0, 23))))
        _happen(draw, story, number)
    return story.until(local("2026-09-01"))


def _happen(draw: st.DrawFn, story: Life, number: int) -> None:
    if not story.who.invoices:
        return
    chosen = draw(st.integers(0, len(story.who.invoices) - 1))
    item = story.who.invoices[chosen]
    what = draw(st.sampled_from(("tier", "stop", "free", "paid")))
    if what == "tier":
        span = TierSpan(story.now, draw(st.sampled_from(list(Tier))), unknown=False, version=10 + number)
        story.change(tiers=(*story.who.tiers, span))
        return
    changed = {
        "stop": item._replace(stops=(Stop("HELD", until=story.now.date() + timedelta(days=9)),)),
        "free": item._replace(stops=()),
        "paid": item._replace(status="PAID", open=Decimal(0)),
    }[what]
    others = [other for other in story.who.invoices if other is not item]
    story.change(invoices=tuple(sorted((*others, changed), key=lambda entry: entry.invoice_id)))


def _local(at: datetime, who: Customer) -> datetime:

    return at.astimezone(zone_of(who.timezone))


LONG = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LONG
@given(stories())
def test_no_step_is_carried_out_twice_on_an_invoice(story: Life) -> None:
    undone = {contact.contact_id for contact in story.who.contacts if contact.has_failed}
    counts = Counter(
        (invoice_id, action.step.name)
        for action in story.done
        if action.step and action.contact_id not in undone and not _cancelled(story, action.contact_id)
        for invoice_id in action.own
    )
    assert not {key: times for key, times in counts.items() if times > 1}


def _cancelled(story: Life, contact_id: str) -> bool:
    return any(action.task_id == contact_id and action.deed is Deed.CANCEL for action in story.done)


@LONG
@given(stories())
def test_at_most_one_message_a_day_and_never_to_gold(story: Life) -> None:
    days = [_local(action.at, story.who).date() for action in story.messages]
    assert len(days) == len(set(days))
    assert all(action.tier is not Tier.GOLD for action in story.messages)


@LONG
@given(stories())
def test_every_message_lies_in_an_allowed_minute(story: Life) -> None:
    for action in story.messages:
        at = _local(action.at, story.who)
        assert 7 <= at.hour < 20
        assert CALENDARS.contact.is_open(at.date())
        assert action.at < action.not_after


@LONG
@given(stories())
def test_a_step_never_falls_below_what_was_done_but_for_the_friendly_one_before_a_formal(story: Life) -> None:
    done: dict[str, int] = {}
    for action in story.done:
        if action.step is None or _cancelled(story, action.contact_id):
            continue
        for invoice_id in action.own:
            gated = any(reason.code == "formal.friendly-first" for reason in action.reasons)
            shared = len(action.own) > 1 and action.step.day >= 0
            assert gated or shared or action.step.rank > done.get(invoice_id, NOTHING_DONE)
            done[invoice_id] = max(done.get(invoice_id, NOTHING_DONE), action.step.rank)


@LONG
@given(stories())
def test_no_formal_step_without_a_friendly_contact_a_week_before(story: Life) -> None:
    friendly: dict[str, list[datetime]] = {}
    for action in story.done:
        for invoice_id in action.own:
            if action.step is None:
                continue
            if action.step.is_formal:
                assert any(action.at - at >= timedelta(days=7) for at in friendly.get(invoice_id, []))
            elif action.deed is Deed.SEND or story.calls_done:
                friendly.setdefault(invoice_id, []).append(action.at)


@LONG
@given(customers())
def test_one_look_at_the_end_of_ninety_days_gives_what_ninety_looks_give(who: Customer) -> None:
    once = Life(who, start=START).until(START + timedelta(days=90))
    daily = Life(who, start=START)
    for day in range(1, 91):
        daily.until(START + timedelta(days=day))
        # Looking at any other instant changes nothing: only the wake-up and facts do.
        daily.wake = min(daily.wake, daily.now) if daily.wake else daily.now
    assert daily.until(START + timedelta(days=90)).done == once.done


@LONG
@given(customers(), st.integers(0, 24 * 120))
def test_the_wake_up_is_later_than_now_and_deciding_again_does_nothing(who: Customer, hours: int) -> None:

    now = START + timedelta(hours=hours)
    decision = ask(who, now)
    assert decision.next_wakeup is None or decision.next_wakeup > now
    assert ask(decision.customer, now).actions == ()
    assert {said.invoice_id for said in decision.reasons} == {item.invoice_id for item in who.invoices}
    assert all(said.reasons for said in decision.reasons)


@LONG
@given(customers())
def test_every_overdue_invoice_is_approached_or_its_reason_is_known(who: Customer) -> None:
    story = Life(who, start=START).until(local("2026-09-01"))
    approached = {invoice_id for action in story.done for invoice_id in action.own}

    explained = {said.invoice_id: said.reasons for said in ask(story.who, story.now).reasons}
    for item in who.invoices:
        assert item.invoice_id in approached or explained[item.invoice_id]
    if who.details:
        assert approached == {item.invoice_id for item in who.invoices}


def test_the_state_of_a_customer_who_always_pays_stays_small() -> None:
    story = Life(customer(_invoice(0, 0, 14, 90)), start=START)
    for number in range(1, 40):
        story.until(START + timedelta(days=10 * number))
        paid = [item._replace(status="PAID", open=Decimal(0)) for item in story.who.invoices]
        story.change(invoices=(*paid, _invoice(number, 10 * number, 14, 90)))
    assert len(story.who.invoices) <= 2
    assert len(story.who.contacts) <= 6
    assert len(story.done) > 30


@LONG
@given(
    customers(),
    st.integers(0, 90),
    st.lists(st.integers(0, 60), min_size=5, max_size=5),
    st.sampled_from((90, 12_000)),
)
def test_what_customers_share_changes_no_decision(
    who: Customer, day: int, hours: list[int], amount: int
) -> None:
    """The twins differ in one of the things that their places on the ladder depend on."""
    known = tuple(
        item._replace(known_from=item.known_from + timedelta(hours=later))
        for item, later in zip(who.invoices, hours, strict=False)
    )
    life = Life(who, start=START).until(START + timedelta(days=day))
    twins = (
        who,
        who._replace(invoices=known),
        who._replace(invoices=tuple(item._replace(amount=Decimal(amount)) for item in who.invoices)),
        life.who,
        who._replace(profile=who.profile._replace(episodes=0)),
        who._replace(invoices=tuple(i._replace(issued_on=i.issued_on - ONE_DAY) for i in who.invoices)),
        who._replace(invoices=tuple(i._replace(due_on=i.due_on - ONE_DAY) for i in who.invoices)),
        who._replace(invoices=tuple(i._replace(payable_on=i.payable_on + ONE_DAY) for i in who.invoices)),
    )
    shared = replace(RULES)
    for twin in twins:
        assert ask(twin, life.now, rules=shared) == ask(twin, life.now, rules=replace(RULES))
