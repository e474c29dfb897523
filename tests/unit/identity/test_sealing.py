import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infrastructure.security.sealing import Seal, SealBroken
from tests.unit.identity.fakes import SECRET

SEAL = Seal(SECRET, "tests")


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_was_sealed_opens_again(plain: bytes, name: str) -> None:
    assert SEAL.open(SEAL.close(plain, name), name) == plain


def test_the_same_text_is_never_sealed_alike() -> None:
    assert SEAL.close(b"key", "a") != SEAL.close(b"key", "a")
    assert b"private" not in SEAL.close(b"private", "a")


@given(st.integers(0, 8 * 31 - 1))
def test_every_changed_bit_is_noticed(bit: int) -> None:
    sealed = bytearray(SEAL.close(b"key", "a"))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        SEAL.open(bytes(sealed), "a")


@pytest.mark.parametrize(
    ("seal", "name"),
    [(Seal(SECRET + ".", "tests"), "a"), (Seal(SECRET, "test"), "a"), (SEAL, "b")],
    ids=["another secret", "another purpose", "another name"],
)
def test_nothing_else_opens_it(seal: Seal, name: str) -> None:
    sealed = SEAL.close(b"key", "a")
    with pytest.raises(SealBroken):
        seal.open(sealed, name)


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_what_is_too_short_is_no_seal(length: int) -> None:
    with pytest.raises(SealBroken):
        SEAL.open(bytes(length), "a")
