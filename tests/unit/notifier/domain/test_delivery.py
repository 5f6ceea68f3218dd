"""The state machine of a delivery: any history ends well, and nothing is ever sent twice blindly."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifier.domain.delivery import Delivery, State, Status, WrongState, later
from notifier.domain.outcome import Accepted, Ambiguous, ConfigError, Outcome, Permanent, Repeat, Retry
from tests.unit.notifier.builders import EVENING, NOON, a_delivery

STATUSES = st.sampled_from(list(Status))
ENDED = {State.DELIVERED, State.FAILED, State.SUPPRESSED}


@given(st.lists(STATUSES, max_size=8), st.randoms(use_true_random=False))
def test_call_backs_in_any_order_and_any_number_end_the_same(heard: list[Status], random: object) -> None:
    accepted = a_delivery(state=State.ACCEPTED, status=Status.ACCEPTED)
    shuffled = list(heard) + heard[: len(heard) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _after(accepted, heard).state is _after(accepted, shuffled).state


def _after(delivery: Delivery, heard: list[Status]) -> Delivery:
    for status in heard:
        delivery = delivery.hear(status, why="X")
    return delivery


@given(STATUSES, STATUSES, STATUSES)
def test_joining_statuses_is_a_lattice(a: Status, b: Status, c: Status) -> None:
    assert later(later(a, b), c) is later(a, later(b, c))
    assert later(a, b) is later(b, a)
    assert later(a, a) is a


@pytest.mark.parametrize("order", list(permutations([Status.SENT, Status.FAILED, Status.DELIVERED])))
def test_a_message_that_arrived_has_arrived(order: tuple[Status, ...]) -> None:
    end = _after(a_delivery(state=State.ACCEPTED, status=Status.ACCEPTED), list(order))
    assert (end.state, end.why) == (State.DELIVERED, "")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("SM1"), State.ACCEPTED),
        (Permanent("550"), State.FAILED),
        (Ambiguous("ReadTimeout"), State.AMBIGUOUS),
        (Retry("451"), State.PENDING),
        (Repeat("ReadTimeout"), State.PENDING),
        (ConfigError("535"), State.PENDING),
    ],
)
def test_every_outcome_has_its_state(outcome: Accepted, state: State) -> None:
    calling = a_delivery(state=State.CALLING, attempts=1)
    assert calling.conclude(outcome, now=NOON).state is state


def test_a_call_back_before_our_own_answer_is_kept() -> None:
    delivered = a_delivery(state=State.CALLING).hear(Status.DELIVERED, provider_message_id="")
    concluded = delivered.conclude(Accepted("SM1"), now=NOON)
    assert (concluded.state, concluded.provider_message_id) == (State.DELIVERED, "SM1")


def test_a_lost_answer_is_reconciled_by_the_call_back() -> None:
    ambiguous = a_delivery(state=State.CALLING).conclude(Ambiguous("ReadTimeout"), now=NOON)
    assert ambiguous.hear(Status.SENT, provider_message_id="wamid.1").state is State.ACCEPTED
    assert ambiguous.hear(Status.DELIVERED).why == ""


def test_retries_wait_longer_and_longer_and_never_past_the_end() -> None:
    delivery, now = a_delivery(not_after=NOON + timedelta(minutes=30)), NOON
    waits = []
    while not delivery.has_lapsed(now):
        refused = delivery.claim().begin_call(now).conclude(Retry("451"), now=now)
        waits.append((refused.not_before - now) // timedelta(minutes=1))
        delivery, now = refused, refused.not_before
    assert waits == [1, 2, 5, 15, 7]
    assert now == delivery.not_after


def test_a_vendor_that_asks_for_more_time_gets_it() -> None:
    refused = a_delivery().claim().begin_call(NOON).conclude(Retry("429", after_s=900), now=NOON)
    assert refused.not_before == NOON + timedelta(minutes=15)


def test_the_last_minute_is_still_in_time_unless_it_was_put_off_to_it() -> None:
    assert not a_delivery(at=EVENING, not_before=EVENING).has_lapsed(EVENING)
    assert a_delivery(not_before=EVENING).has_lapsed(EVENING)
    assert a_delivery().has_lapsed(EVENING + timedelta(seconds=1))


def test_a_suppressed_message_is_deaf() -> None:
    suppressed = a_delivery().suppress(NOON, why="PAID")
    assert suppressed.hear(Status.DELIVERED) == suppressed
    with pytest.raises(WrongState):
        suppressed.claim()


@pytest.mark.parametrize("unheard", [Repeat("ReadTimeout"), None])
@pytest.mark.parametrize("between", [(), (Retry("503"),), (ConfigError("401"), Retry("503"))])
def test_what_may_be_out_is_never_called_unsent(unheard: Repeat | None, between: tuple[Outcome, ...]) -> None:
    calling = a_delivery(state=State.CALLING, attempts=1)
    waiting = calling.conclude(unheard, now=NOON) if unheard else calling.repeat()
    for outcome in between:
        waiting = waiting.claim().begin_call(NOON).conclude(outcome, now=NOON)
    assert waiting.state is State.PENDING
    for ended in (
        waiting.suppress(EVENING, why="PAID"),
        waiting.claim().suppress(EVENING, why="LAPSED"),
        waiting.claim().begin_call(NOON).conclude(Permanent("409"), now=NOON),
    ):
        assert ended.state is State.AMBIGUOUS
    accepted = waiting.claim().begin_call(NOON).conclude(Accepted("L1"), now=NOON)
    assert (accepted.state, accepted.why) == (State.ACCEPTED, "")


def test_what_was_found_unsent_may_be_suppressed() -> None:
    found = a_delivery(state=State.CALLING, attempts=1).found_unsent()
    assert found.suppress(EVENING, why="PAID").state is State.SUPPRESSED


class Life(RuleBasedStateMachine):
    """A delivery driven by processes that die, vendors that misbehave and call-backs that come as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = a_delivery()
        self.now = NOON
        self.calls = 0
        self.taken = 0
        self.in_doubt = False

    @rule(minutes=st.integers(0, 90))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.delivery.is_due(self.now))
    @rule()
    def claim(self) -> None:
        self.delivery = self.delivery.claim()

    @precondition(lambda self: self.delivery.state is State.CLAIMED)
    @rule()
    def call_or_lapse(self) -> None:
        if self.delivery.has_lapsed(self.now):
            self.delivery = self.delivery.suppress(self.now, why="LAPSED")
            return
        self.delivery = self.delivery.begin_call(self.now)
        assert self.now <= self.delivery.not_after
        assert not self.in_doubt, "a message that may have been sent is sent again"
        self.calls += 1

    @precondition(lambda self: self.delivery.state is State.CALLING)
    @rule(
        outcome=st.sampled_from(
            [Accepted("id"), Retry("451"), Permanent("550"), Ambiguous("ReadTimeout"), ConfigError("535")]
        )
    )
    def conclude(self, outcome: Accepted) -> None:
        self.in_doubt = isinstance(outcome, Accepted | Ambiguous)
        self.delivery = self.delivery.conclude(outcome, now=self.now)

    @precondition(lambda self: self.delivery.state in {State.CLAIMED, State.CALLING})
    @rule()
    def die_and_recover(self) -> None:
        self.in_doubt = self.in_doubt or self.delivery.state is State.CALLING
        self.delivery = self.delivery.recover()

    @rule(status=STATUSES)
    def hear(self, status: Status) -> None:
        before = self.delivery.state
        self.delivery = self.delivery.hear(status, why="X")
        if before in {State.DELIVERED, State.SUPPRESSED}:
            assert self.delivery.state is before

    @invariant()
    def waits_never_go_past_the_end(self) -> None:
        assert self.delivery.not_before <= self.delivery.not_after

    @invariant()
    def only_ended_badly_says_why(self) -> None:
        if self.delivery.state in {State.SUPPRESSED, State.AMBIGUOUS}:
            assert self.delivery.why


TestLife = Life.TestCase
