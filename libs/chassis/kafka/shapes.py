"""Knows the shape of each message type: other spellings of its names, and where strings and whole numbers stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from chassis.kernel.errors import Poison

_INTEGER_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Shape:
    """What a JSON object of one message type may look like."""

    names: Mapping[str, str]
    """Every accepted spelling of a field's name → the name on the wire."""
    children: Mapping[str, "Shape"]
    """The shapes of the fields that hold messages, or lists of them."""
    whole_numbers: tuple[str, ...] = field(default=())


@lru_cache(maxsize=256)
def shape_of(struct: type[msgspec.Struct]) -> Shape:
    """Work out the shape of a message type, once."""
    names: dict[str, str] = {}
    children: dict[str, Shape] = {}
    whole: list[str] = []
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a message type is a Struct by definition
    for part in found.fields:
        wire = part.encode_name
        names[_camel(wire)] = wire
        names[wire] = wire
        for kind in _kinds(part.type):
            if isinstance(kind, inspect.StructType):
                children[wire] = shape_of(kind.cls)
            elif isinstance(kind, inspect.IntType):
                whole.append(wire)
    return Shape(names=names, children=children, whole_numbers=tuple(whole))


def _kinds(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield the types that a field may hold, list items included."""
    if isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from _kinds(part)
    elif isinstance(kind, inspect.ListType):
        yield from _kinds(kind.item_type)
    else:
        yield kind


def _camel(name: str) -> str:
    """Return the lowerCamelCase spelling, as protobuf's JSON mapping makes it."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def normalise(value: Any, *, shape: Shape) -> Any:
    """Rename fields to their wire names, drop nulls (null is absent) and unknown fields."""
    if isinstance(value, list):
        return [normalise(item, shape=shape) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, item in value.items():
        wire = shape.names.get(name)
        # Where both spellings stand side by side, the one on the wire wins.
        if wire is None or item is None or (wire in found and name != wire):
            continue
        child = shape.children.get(wire)
        found[wire] = item if child is None else normalise(item, shape=child)
    return found


def refuse_nul(value: Any, *, path: str = "") -> None:
    """Raise Poison naming the first string with a NUL character, which PostgreSQL cannot hold."""
    if isinstance(value, str):
        if "\x00" in value:
            raise Poison("a NUL character (U+0000) is not allowed", field=path)
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = f"{path}.{name}" if path else str(name)
            refuse_nul(name, path=inner.replace("\x00", "?"))
            refuse_nul(item, path=inner)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            refuse_nul(item, path=f"{path}[{number}]")


def refuse_huge(body: msgspec.Struct, *, shape: Shape) -> None:
    """Raise Poison naming a whole number beyond 64 bits, which no column can hold."""
    for name in shape.whole_numbers:
        number = getattr(body, name, None)
        if isinstance(number, int) and not -_INTEGER_MAX <= number <= _INTEGER_MAX:
            raise Poison("the number has more than 64 bits", field=name)
