"""Sealed values open only whole, in their own field, with their key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.platform.sealing import Keyring, SealError

RING = Keyring(sealing={1: bytes(range(16))}, index=bytes(32))
ROTATED = Keyring(sealing={1: bytes(range(16)), 2: bytes(range(16, 32))}, index=bytes(32))


@given(st.text(max_size=60))
def test_what_is_sealed_opens_again_and_never_looks_the_same(text):
    one, two = RING.seal(text, "f"), RING.seal(text, "f")
    assert one != two
    assert RING.unseal(one, "f") == text
    assert ROTATED.unseal(one, "f") == text
    assert ROTATED.seal(text, "f")[0] == 2
    assert not text.strip() or len(text) < 4 or text.encode() not in one


@given(st.integers(0, 40), st.integers(1, 255))
def test_any_flipped_byte_is_noticed(place, mask):
    sealed = bytearray(RING.seal("430602199001010010", "member.identity"))
    sealed[place % len(sealed)] ^= mask
    with pytest.raises(SealError):
        RING.unseal(bytes(sealed), "member.identity")


def test_a_value_does_not_open_in_another_field_or_without_its_key():
    sealed = ROTATED.seal("13812345678", "member.phone")
    with pytest.raises(SealError):
        ROTATED.unseal(sealed, "member.identity")
    with pytest.raises(SealError):
        RING.unseal(sealed, "member.phone")
    with pytest.raises(SealError):
        RING.unseal(b"", "member.phone")


def test_the_blind_index_tells_values_and_fields_apart():
    assert RING.blind_index("a", "f") == ROTATED.blind_index("a", "f")
    assert len({RING.blind_index("a", "f"), RING.blind_index("b", "f"), RING.blind_index("a", "g")}) == 3
