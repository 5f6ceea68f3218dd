"""An identity depends on its parts alone, in their order: whatever was published before keeps its own."""

from hashlib import blake2b
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from chassis.kernel.ids import derived_id


def _told(parts: list[str]) -> bytes:
    """The first 128 bits as they have been from the first release on."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part.encode()).to_bytes(4, "big") + part.encode())
    return digest.digest()


def test_an_identity_is_what_it_was_in_the_first_release() -> None:
    found = derived_id("invoices.invoice-changed.v1", "bench", "INV-00000001", "1")
    assert found == "ddbc588a-0e7c-859a-adf6-d160b3feeb84"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(100, 300).map("x".__mul__)))
def test_parts_of_any_length_and_letters_count_with_their_lengths(parts: list[str]) -> None:
    found = UUID(derived_id(*parts))
    assert (found.version, found.variant) == (8, RFC_4122)
    kept = (1 << 128) - 1 ^ (0xF << 76) ^ (0b11 << 62)
    assert found.int & kept == int.from_bytes(_told(parts), "big") & kept
