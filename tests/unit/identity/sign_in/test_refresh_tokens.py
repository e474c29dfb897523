import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.identity.sign_in.refresh_tokens import RefreshToken
from app.domain.identity.sign_in.errors import InvalidRefreshToken


@given(st.binary(min_size=48, max_size=48))
def test_a_token_is_read_as_it_was_written(raw: bytes) -> None:
    token = RefreshToken(raw[:16], raw[16:])
    assert RefreshToken.read(str(token)) == token
    assert len(str(token)) == 67


def test_the_next_token_is_of_the_same_family_with_another_secret() -> None:
    first = RefreshToken.fresh()
    second = first.next()
    assert second.family_hash == first.family_hash
    assert second.token_hash != first.token_hash
    assert RefreshToken.fresh().family_hash != first.family_hash


def test_the_hashes_are_of_32_bytes_and_tell_nothing() -> None:
    token = RefreshToken(bytes(16), bytes(32))
    assert len(token.family_hash) == len(token.token_hash) == 32
    assert token.family_hash != token.token_hash
    assert "\\x" not in repr(token)
    assert str(token) not in repr(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rt_",
        "rt_" + "A" * 63,
        "rt_" + "A" * 65,
        "at_" + "A" * 64,
        "rt_" + "A" * 63 + "=",
        "rt_" + "A" * 63 + "\n",
        "rt_" + "A" * 63 + "é",
        "rt_" + "A" * 64 + "\n",
        "rt_" + "+/" * 32,
    ],
)
def test_what_this_service_never_wrote_is_refused(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        RefreshToken.read(text)
