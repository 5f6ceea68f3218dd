"""Identifiers derived from facts, so that a replay of the same stream gives the same ones."""

from hashlib import blake2b
from typing import Final

_VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def derived_id(*parts: str) -> str:
    """Return a UUID (version 8, RFC 9562) that depends on ``parts`` alone, in their order."""
    texts = [part.encode() for part in parts]
    # The length goes first, so that ("ab", "c") and ("a", "bc") differ.
    data = b"".join([len(text).to_bytes(4, "big") + text for text in texts])
    found = blake2b(data, digest_size=16).hexdigest()
    # The version stands in the thirteenth digit, the variant in the two high bits of the seventeenth.
    return f"{found[:8]}-{found[8:12]}-8{found[13:16]}-{_VARIANTS[found[16]]}{found[17:20]}-{found[20:]}"
