"""Fits JSON of the wrong shape into fields that must never make a record fail (``soft`` in proto/topics.yaml)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import inspect


def soften(value: dict[str, Any], *, struct: type[msgspec.Struct], paths: Sequence[str]) -> dict[str, Any]:
    """Return ``value`` with every field of ``paths`` (dotted) fitted to its type: scalars become text, the rest is dropped."""
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - a message type is a Struct by definition
    kinds = {part.encode_name: part.type for part in found.fields}
    softened = dict(value)
    for path in paths:
        name, _, rest = path.partition(".")
        if name not in softened:
            continue
        inner = _message(kinds[name])
        if not rest:
            softened[name] = fit(softened[name], kind=kinds[name])
        elif inner is not None and isinstance(softened[name], dict):
            softened[name] = soften(softened[name], struct=inner.cls, paths=[rest])
    return softened


def fit(value: Any, *, kind: inspect.Type) -> Any:
    """Return ``value`` as its type can hold it; consent is never read into something unclear."""
    match kind:
        case inspect.UnionType():
            inner = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
            return fit(value, kind=inner)
        case inspect.ListType():
            items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
            return [
                fit(item, kind=kind.item_type) for item in items if _fits_somehow(item, kind=kind.item_type)
            ]
        case inspect.StructType():
            parts = {part.encode_name: part.type for part in kind.fields}
            given = value if isinstance(value, dict) else {}
            return {name: fit(item, kind=parts[name]) for name, item in given.items() if name in parts}
        case inspect.BoolType():
            return value is True
        case _:
            return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _fits_somehow(item: Any, *, kind: inspect.Type) -> bool:
    return isinstance(item, dict) or not isinstance(kind, inspect.StructType)


def _message(kind: inspect.Type) -> inspect.StructType | None:
    options = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return next((part for part in options if isinstance(part, inspect.StructType)), None)
