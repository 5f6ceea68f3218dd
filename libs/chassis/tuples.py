"""Reads what was stored with the names of its fields as the tuples that are stored today."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


def reader(kind: type[T]) -> Callable[[bytes], T]:
    """Return a function that reads MessagePack into ``kind``, a NamedTuple or a tuple of them.

    A tuple is stored by the places of its fields: a new field goes last and has a default.
    States of the first release name their fields; those are read too, and written anew at their next change.
    """
    decode = msgspec.msgpack.Decoder(kind).decode

    def read(data: bytes) -> T:
        try:
            return decode(data)
        except msgspec.ValidationError:
            by_names = msgspec.msgpack.decode(data)
            return msgspec.convert(_placed(by_names, kind), kind)

    return read


def _placed(value: Any, kind: Any) -> Any:
    """Put named fields in the places that their type gives them, at every depth."""
    if isinstance(value, dict):
        named, defaults, hints = _fields(kind)
        return [_placed(value[n], hints[n]) if n in value else defaults[n] for n in named]
    if isinstance(value, list):
        return [_placed(item, _of_items(kind)) for item in value]
    return value


@lru_cache(maxsize=64)
def _fields(kind: Any) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]:
    """Return names, defaults and types of the fields of the NamedTuple among a type's alternatives."""
    for option in (kind, *get_args(kind)):
        if hasattr(option, "_fields"):
            return option._fields, option._field_defaults, get_type_hints(option)
    raise msgspec.ValidationError("named fields stand where none are known")


def _of_items(kind: Any) -> Any:
    """Return the type of the items of a list, also where it may be absent."""
    for option in (kind, *get_args(kind)):
        if get_origin(option) is tuple:
            return get_args(option)[0]
    return Any
