"""One customer's behaviour and its fold: O(1) per fact, the same as a replay of all facts.

The last day is kept beside what came before it, so that a further fact of that day is joined in
without reading history, and the order within a day changes nothing. A fact of an earlier day, or
the last fact taken out of the last day, asks for a re-fold of that customer (``NeedsRefold``).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from classifier.domain.evidence import Fact
from classifier.domain.habits import Day, Habits, after_day, day_of, with_facts
from classifier.domain.tier import NEWCOMER, Decision, Standing, judge


class NeedsRefold(Exception):
    """A fact lies before the last day: only a fold of all facts gives the right state."""


class Behaviour(NamedTuple):
    """State of one customer: everything before the last day, and the last day's facts."""

    habits: Habits = Habits()
    standing: Standing = NEWCOMER
    day: Day | None = None

    @property
    def last_on(self) -> int:
        """The last day with a fact (ordinal); 0 when there is none."""
        return self.day.on if self.day else 0

    def now(self) -> tuple[Habits, Standing]:
        """Return habits and standing with the last day in them."""
        if self.day is None:
            return self.habits, self.standing
        habits = after_day(self.habits, self.day)
        return habits, judge(habits, self.standing, day=self.day)


EMPTY: Final = Behaviour()


class Progress:
    """What taking facts in has led to."""

    __slots__ = ("_now", "behaviour", "changes", "is_as_decided")

    def __init__(
        self,
        behaviour: Behaviour,
        changes: dict[int, Decision | None],
        *,
        now: tuple[Habits, Standing] | None = None,
        is_as_decided: bool = True,
    ) -> None:
        self.behaviour = behaviour
        self.changes = changes
        """Per day touched: the change of tier made on that day, None when it made none."""
        self.is_as_decided = is_as_decided
        """Whether the decision in force is known to be the one of before."""
        self._now = now

    @property
    def habits(self) -> Habits:
        """Habits with the last day in them."""
        return self.now[0]

    @property
    def standing(self) -> Standing:
        """Standing with the last day in it."""
        return self.now[1]

    @property
    def now(self) -> tuple[Habits, Standing]:
        """Habits and standing; worked out when first asked for, since most facts of open invoices ask for neither."""
        if self._now is None:
            self._now = self.behaviour.now()
        return self._now


def fold(behaviour: Behaviour, fact: Fact) -> Behaviour:
    """Return the behaviour with one more fact; raises NeedsRefold when it lies before the last day."""
    return take_in(behaviour, [fact]).behaviour


def take_in(behaviour: Behaviour, added: Iterable[Fact], *, removed: Sequence[Fact] = ()) -> Progress:
    """Fold facts in (in any order) and take others out again; raises NeedsRefold."""
    facts_added = sorted(added)
    if not facts_added and not removed:
        return Progress(behaviour, {})
    day, before = behaviour.day, (behaviour.habits, behaviour.standing)
    changes: dict[int, Decision | None] = {}
    if removed:
        day = _without(day, removed)
    was = after = before if day is None else _through(before, day)
    if removed and day is not None:
        changes[day.on] = _change(before[1], after[1])
    for on, group in groupby(facts_added, key=_by_day):
        facts = list(group)
        if day is None or on > day.on:
            before, day = after, day_of(on, facts)
        elif on == day.on:
            day = with_facts(day, added=facts, removed=())
        else:
            raise NeedsRefold
        after = _through(before, day)
        changes[on] = _change(before[1], after[1])
    is_as_decided = not removed and after[1].decision == was[1].decision
    return Progress(Behaviour(*before, day), changes, now=after, is_as_decided=is_as_decided)


def refold(facts: Iterable[Fact]) -> Progress:
    """Fold a customer's facts from the beginning."""
    progress = take_in(EMPTY, facts)
    return Progress(progress.behaviour, progress.changes, now=progress.now, is_as_decided=False)


def _without(day: Day | None, removed: Sequence[Fact]) -> Day:
    # Without its last fact the day itself was never there, and the state before it is needed.
    if day is None or len(removed) >= day.facts or any(fact.on != day.on for fact in removed):
        raise NeedsRefold
    return with_facts(day, added=(), removed=tuple(removed))


def _through(before: tuple[Habits, Standing], day: Day) -> tuple[Habits, Standing]:
    habits = after_day(before[0], day)
    return habits, judge(habits, before[1], day=day)


def _change(before: Standing, after: Standing) -> Decision | None:
    return after.decision if after.tier is not before.tier else None


def _by_day(fact: Fact) -> int:
    return fact.on
