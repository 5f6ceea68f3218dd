"""Identifiers derived from facts, so that a replay of the same stream gives the same ones."""

from hashlib import blake2b
from uuid import UUID


def derived_id(*parts: str) -> str:
    """Return a UUID (version 8, RFC 9562) that depends on ``parts`` alone, in their order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode()
        # The length goes first, so that ("ab", "c") and ("a", "bc") differ.
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    value = int.from_bytes(digest.digest(), "big")
    value = (value & ~(0xF << 76)) | (8 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=value))
