"""Identifiers derived from facts, so that a replay of the same stream gives the same ones."""

from hashlib import blake2b


def derived_id(*parts: str) -> str:
    """Return a UUID (version 8, RFC 9562) that depends on ``parts`` alone, in their order."""
    data = b""
    for part in parts:
        text = part.encode()
        # The length goes first, so that ("ab", "c") and ("a", "bc") differ.
        data += len(text).to_bytes(4, "big") + text
    found = blake2b(data, digest_size=16).hexdigest()
    # The version stands in the thirteenth digit, the variant in the two high bits of the seventeenth.
    variant = "89ab"[int(found[16], 16) & 3]
    return f"{found[:8]}-{found[8:12]}-8{found[13:16]}-{variant}{found[17:20]}-{found[20:]}"
