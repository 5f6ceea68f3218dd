"""One connection to PostgreSQL: statements as SQLAlchemy writes them, run by asyncpg without a layer in between.

A statement costs 16 µs of this process' time here and 250 µs through SQLAlchemy's own connection, and a
step of the clock has hundreds (docs/adr/0010).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final, Self

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from chassis.db.arrays import Writer, written_as_text

_DIALECT: Final = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
_STATEMENTS_MAX: Final = 2000
_NOTHING: Final[Mapping[str, Any]] = {}


class Row(asyncpg.Record):  # type: ignore[misc]  # asyncpg is untyped
    """A row whose columns are attributes, too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        """Return a column; raises AttributeError."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class WrongNumberOfRows(Exception):
    """A statement that must return one row returned another number: a fault of ours."""


class Rows(list[Row]):
    """What a statement returned, all of it."""

    __slots__ = ()

    def one(self) -> Row:
        """Return the only row; raises WrongNumberOfRows."""
        if len(self) != 1:
            raise WrongNumberOfRows(str(len(self)))
        return self[0]

    def one_or_none(self) -> Row | None:
        """Return the only row, or None; raises WrongNumberOfRows."""
        return self.one() if self else None

    def scalar_one(self) -> Any:
        """Return the first column of the only row; raises WrongNumberOfRows."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """Return the first column of the only row, None when there is no row; raises WrongNumberOfRows."""
        return self.one()[0] if self else None

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self]


class Connection:
    """Runs statements; outside ``begin`` each is committed by itself."""

    __slots__ = ("raw",)

    def __init__(self, raw: asyncpg.Connection) -> None:
        self.raw = raw

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement with its named values; raises what ``chassis.db.engine.DATABASE_ERRORS`` lists."""
        sql, names, writers = _compiled(statement)
        given = values or _NOTHING
        found = [given[name] for name in names]
        for place, write in writers.items():
            if found[place] is not None:
                found[place] = write(found[place])
        return Rows(await self.raw.fetch(sql, *found))

    def cut(self) -> None:
        """End the session at once, and whatever it holds with it; the pool makes a new one."""
        self.raw.terminate()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Self]:
        """Begin a transaction, commit it at the end; an exception rolls it back."""
        async with self.raw.transaction():
            yield self


@lru_cache(maxsize=_STATEMENTS_MAX)
def _compiled(statement: TextClause) -> tuple[str, tuple[str, ...], dict[int, Writer]]:
    """Return the statement with numbered places, the names that stand for them, and what writes arrays, by place."""
    compiled = statement.compile(dialect=_DIALECT)
    sql, writers = written_as_text(str(compiled))
    return sql, tuple(compiled.positiontup or ()), writers
