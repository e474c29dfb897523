from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.shared.messages import Message
from app.domain.shared.ids import Id
from app.infrastructure.security.envelopes import SealedEnvelopes
from app.infrastructure.security.sealing import Seal, SealBroken
from tests.unit.identity.fakes import SECRET, START

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


def test_an_envelope_opens_for_its_message_alone() -> None:
    one, two = Id(b"1" * 16), Id(b"2" * 16)
    message = Message(one, "o@x.example", "password_reset", b"", START, START, None, 1)
    envelopes = SealedEnvelopes("a secret")
    sealed = envelopes.close(one, {"token": "pr_x"})
    assert b"pr_x" not in sealed
    assert envelopes.open(replace(message, sealed=sealed)) == {"token": "pr_x"}
    with pytest.raises(SealBroken):
        envelopes.open(replace(message, id=two, sealed=sealed))
    with pytest.raises(SealBroken):
        SealedEnvelopes("another secret").open(replace(message, sealed=sealed))
