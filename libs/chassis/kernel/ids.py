"""Identifiers derived from facts, so that a replay of the same stream gives the same ones."""

from hashlib import blake2b
from typing import Final

_VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

# Four bytes each, as characters: what short parts begin with that are plain ASCII.
_LENGTHS: Final = [f"\0\0\0{chr(length)}" for length in range(128)]


def derived_id(*parts: str) -> str:
    """Return a UUID (version 8, RFC 9562) that depends on ``parts`` alone, in their order."""
    found = blake2b(_counted(parts), digest_size=16).hexdigest()
    # The version stands in the thirteenth digit, the variant in the two high bits of the seventeenth.
    return f"{found[:8]}-{found[8:12]}-8{found[13:16]}-{_VARIANTS[found[16]]}{found[17:20]}-{found[20:]}"


def _counted(parts: tuple[str, ...]) -> bytes:
    """Put the length before each part, so that ("ab", "c") and ("a", "bc") differ."""
    try:
        text = "".join([_LENGTHS[len(part)] + part for part in parts])
    except IndexError:
        text = ""  # A long part.
    if text.isascii() and text:
        return text.encode()
    encoded = [part.encode() for part in parts]
    return b"".join([len(part).to_bytes(4, "big") + part for part in encoded])
