"""Up to which instant the facts are in: offset rows against end offsets, and the time of each last record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import text

from chassis.db.offsets import all_offsets
from chassis.db.unit_of_work import Database, Unit
from chassis.kafka.progress import Progress
from chassis.kernel.clock import Clock
from chassis.kernel.errors import Transient
from chassis.shared import Shared

_NOTE = text(
    "INSERT INTO taken_in AS t (topic, partition, up_to)"
    " SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:times AS timestamptz[]))"
    " ON CONFLICT (topic, partition) DO UPDATE SET up_to = excluded.up_to WHERE t.up_to < excluded.up_to"
)
_MARKS = text("SELECT topic, partition, up_to FROM taken_in")
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[str, int]


class _Seen(NamedTuple):
    """How far the payment topics go, the time of each partition's last record, and what was taken in."""

    ends: Mapping[str, Sequence[int]] | None
    marks: Mapping[Place, datetime]
    offsets: Mapping[str, Mapping[int, int]]


class Reach:
    """Compares what was taken in with what the broker has, over every partition of the payment topics."""

    def __init__(self, database: Database, *, progress: Progress, clock: Clock) -> None:
        self._database = database
        self._progress = progress
        self._clock = clock
        # The same for every creditor: callers that come at the same time share one look.
        self._seen = Shared(self._look)

    async def note(self, unit: Unit, marks: Mapping[Place, datetime]) -> None:
        """Keep the time of the last payment record of each partition, in the consumer's transaction.

        While there is no time, of every record: the newest fact's time is then the answer.
        """
        every = self._clock.now() is None
        mine = sorted(place for place in marks if every or self._is_payment(place))
        if mine:
            await unit.connection.execute(
                _NOTE,
                {
                    "topics": [topic for topic, _ in mine],
                    "partitions": [partition for _, partition in mine],
                    "times": [marks[place] for place in mine],
                },
            )

    async def _look(self) -> _Seen:
        """Read the end offsets, None when Kafka does not answer, and then how far we are."""
        try:
            ends = await self._progress.ends_of(self._progress.payment_topics)
        except Transient:
            ends = None
        async with self._database.engine.connect() as connection:
            rows = await connection.execute(_MARKS)
            marks = {(row.topic, row.partition): row.up_to for row in rows}
            return _Seen(ends, marks, await all_offsets(connection))

    async def caught_up_to(self, now: datetime | None) -> datetime:
        """Return the instant up to which facts about money are in: now, when nothing waits on Kafka.

        Without a time it is that of the newest fact; when Kafka does not answer, of the oldest last one.
        """
        ends, marks, offsets = await self._seen.answer()
        newest = max(marks.values(), default=_NOTHING_YET)
        marks = {place: up_to for place, up_to in marks.items() if self._is_payment(place)}
        if ends is None:
            return min(marks.values(), default=_NOTHING_YET)
        behind = [
            (topic, partition)
            for topic, topic_ends in ends.items()
            for partition, end in enumerate(topic_ends)
            if offsets.get(topic, {}).get(partition, 0) < end
        ]
        if not behind:
            return now or newest
        reached: datetime = min(marks.get(place, _NOTHING_YET) for place in behind)
        return reached if now is None else min(reached, now)

    def _is_payment(self, place: Place) -> bool:
        return place[0] in self._progress.payment_topics

    async def is_fresh(self, *, timeout_s: float) -> bool:
        """Read the end offsets of the payment topics now, and wait until everything before them is in."""
        return await self._progress.caught_up(self._progress.payment_topics, timeout_s=timeout_s)
