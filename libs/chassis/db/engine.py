"""The pools of connections to a service's own database (for all creditors, for callers), and what errors mean."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from chassis.db.connection import Connection, Row
from chassis.db.scope import EVERY, NOBODY, scope
from chassis.settings import ServiceSettings

DATABASE_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SQLAlchemyError,
)
"""What a statement may raise, beside OSError and TimeoutError when the server is away."""

SETTING: Final = "app.creditor"
"""What the policies of row-level security compare ``creditor_id`` with (chassis.db.walls)."""

_RETRY_AT_ONCE = ("40001", "40P01")  # serialization_failure, deadlock_detected
_CONNECTION_CLASSES = ("08", "57P", "53", "58")  # connection, operator intervention, resources, system
_CONNECT_S_MAX: Final = 10.0
_WAIT_S_MAX: Final = 10.0
_CLOSE_S_MAX: Final = 5.0
_IDLE_S_MAX: Final = 1800.0
_STATEMENTS_MAX: Final = 400
_STATEMENT_BYTES_MAX: Final = 65_536


class _Session(asyncpg.Connection):  # type: ignore[misc]  # asyncpg is untyped
    """A connection that knows whose rows it shows."""

    shows: str | None = NOBODY

    async def show_scope(self) -> None:
        """Tell the server the scope of the present task, when it is another one than that of the task before."""
        wanted = NOBODY if scope() == EVERY else scope()
        if self.shows == wanted:
            return
        self.shows = None  # Not known while it is under way: whoever comes next sets it anew.
        await self.fetchval(f"SELECT set_config('{SETTING}', $1, false)", wanted)
        self.shows = wanted


class Engine:
    """A pool that connects when it is first used, so building it needs no server."""

    def __init__(
        self, url: str, *, connections_max: int, server_settings: dict[str, str], callers: bool = False
    ) -> None:
        self._url = url
        self._connections_max = connections_max
        self._server_settings = server_settings
        self._setup = _show_scope if callers else None
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Take a connection from the pool; raises TimeoutError when none becomes free in 10 seconds."""
        pool = self._pool or await self._open()
        async with asyncio.timeout(_WAIT_S_MAX):
            raw = await pool.acquire()
        try:
            yield Connection(raw)
        finally:
            await pool.release(raw)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Take a connection and begin a transaction on it."""
        async with self.connect() as connection, connection.begin():
            yield connection

    async def dispose(self) -> None:
        """Close every connection; one still in use is cut after a few seconds."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(_CLOSE_S_MAX):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._connections_max,
                    max_inactive_connection_lifetime=_IDLE_S_MAX,
                    timeout=_CONNECT_S_MAX,
                    server_settings=self._server_settings,
                    statement_cache_size=_STATEMENTS_MAX,
                    max_cached_statement_lifetime=0,
                    max_cacheable_statement_size=_STATEMENT_BYTES_MAX,
                    record_class=Row,
                    connection_class=_Session,
                    init=_read_json,
                    setup=self._setup,
                    reset=_leave_as_it_is,
                )
            return self._pool


def open_engine(settings: ServiceSettings, *, url: SecretStr | None = None) -> Engine:
    """Return the pool that sees the rows of every creditor."""
    return Engine(
        asyncpg_url(url or settings.database_url),
        connections_max=settings.database_pool_max,
        server_settings=server_settings(settings),
    )


def open_callers_engine(settings: ServiceSettings) -> Engine:
    """Return the pool of the callers: a connection shows the rows of the scope that takes it, and no others.

    It is told only when its scope changes, outside of any transaction, so that a rollback keeps it.
    """
    own = settings.api_database_url.get_secret_value()
    return Engine(
        asyncpg_url(settings.api_database_url if own else settings.database_url),
        connections_max=settings.database_pool_max,
        server_settings=server_settings(settings, creditor_id=NOBODY),
        callers=True,
    )


def server_settings(settings: ServiceSettings, *, creditor_id: str = EVERY) -> dict[str, str]:
    """Return what every session of this service asks of the server."""
    return {
        SETTING: creditor_id,
        "application_name": f"velvet-{settings.service}",
        "timezone": "UTC",
        "statement_timeout": str(int(settings.database_statement_s_max * 1000)),
        "lock_timeout": str(int(settings.database_lock_s_max * 1000)),
        "idle_in_transaction_session_timeout": "120000",
    }


def asyncpg_url(url: SecretStr) -> str:
    """Return the address as asyncpg reads it: without the name of a driver."""
    return url.get_secret_value().replace("postgresql+asyncpg://", "postgresql://", 1)


async def _read_json(raw: asyncpg.Connection) -> None:
    """Read JSON columns as values; JSON is written as text."""
    for name in ("json", "jsonb"):
        await raw.set_type_codec(name, encoder=str, decoder=json.loads, schema="pg_catalog")


async def _leave_as_it_is(raw: asyncpg.Connection) -> None:
    """Save the round trip of a reset: but for the scope nothing here changes a session beyond its transaction."""
    del raw


async def _show_scope(raw: Any) -> None:
    await raw.show_scope()


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of a database error, empty when it has none."""
    original: Any = getattr(error, "orig", None) if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlstate", "") or "")


def is_collision(error: BaseException) -> bool:
    """Say whether the same work may simply be tried again: two transactions collided, or the schema was widened."""
    return sqlstate(error) in _RETRY_AT_ONCE or isinstance(
        error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError
    )


def is_outage(error: BaseException) -> bool:
    """Say whether the database could not be reached or could not answer: no record is to blame."""
    if isinstance(error, ValueError):
        return False  # asyncpg's own word for a value that does not fit its column.
    if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError):
        return True
    return sqlstate(error).startswith(_CONNECTION_CLASSES)
