"""Whose rows the present task may see: every creditor's, one creditor's, or nobody's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

EVERY: Final = "*"
"""The consumer, the relay and the ticks work for all creditors at once."""
NOBODY: Final = ""
"""A request before its token is checked: no row of any creditor."""

_SCOPE: ContextVar[str] = ContextVar("scope", default=EVERY)


class OtherScope(Exception):
    """A task that works for one creditor asked for the rows of another: a fault in our code."""


def scope() -> str:
    """Return whose rows the present task may see: a creditor's id, ``EVERY`` or ``NOBODY``."""
    return _SCOPE.get()


def enter(creditor_id: str) -> None:
    """Let the rest of the present request see this creditor's rows: the token's, once it is checked."""
    _SCOPE.set(creditor_id)


@contextmanager
def within(creditor_id: str) -> Iterator[None]:
    """Work for this creditor inside the block; raises OtherScope where the task already works for another one."""
    if scope() not in {EVERY, NOBODY, creditor_id}:
        raise OtherScope
    with _set(creditor_id):
        yield


@contextmanager
def request() -> Iterator[None]:
    """Serve a request inside the block: it sees nobody's rows until its token has been checked."""
    with _set(NOBODY):
        yield


@contextmanager
def every_creditor() -> Iterator[None]:
    """Work for every creditor inside the block: for doors that no creditor's token opens."""
    with _set(EVERY):
        yield


@contextmanager
def _set(value: str) -> Iterator[None]:
    token = _SCOPE.set(value)
    try:
        yield
    finally:
        _SCOPE.reset(token)
