"""Builds the pool of connections to a service's own database."""

from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.settings import ServiceSettings, sqlalchemy_url

_RETRY_AT_ONCE = ("40001", "40P01")  # serialization_failure, deadlock_detected
_CONNECTION_CLASSES = ("08", "57P", "53", "58")  # connection, operator intervention, resources, system


def open_engine(settings: ServiceSettings, *, url: SecretStr | None = None) -> AsyncEngine:
    """Return a pool; it connects when first used, so building it needs no server."""
    statement_ms = int(settings.database_statement_s_max * 1000)
    lock_ms = int(settings.database_lock_s_max * 1000)
    return create_async_engine(
        sqlalchemy_url(url or settings.database_url),
        pool_size=settings.database_pool_max,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={
            "timeout": 10,
            "server_settings": {
                "application_name": f"velvet-{settings.service}",
                "timezone": "UTC",
                "statement_timeout": str(statement_ms),
                "lock_timeout": str(lock_ms),
                "idle_in_transaction_session_timeout": "120000",
            },
        },
    )


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of a database error, empty when it has none."""
    original = getattr(error, "orig", None) if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlstate", "") or "")


def is_collision(error: BaseException) -> bool:
    """Say whether two transactions got in each other's way: the same work may simply be tried again."""
    return sqlstate(error) in _RETRY_AT_ONCE


def is_outage(error: BaseException) -> bool:
    """Say whether the database could not be reached or could not answer: no record is to blame."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, PoolTimeout | OSError | TimeoutError | InterfaceError | OperationalError):
        return not sqlstate(error) or sqlstate(error).startswith(_CONNECTION_CLASSES)
    return sqlstate(error).startswith(_CONNECTION_CLASSES)
