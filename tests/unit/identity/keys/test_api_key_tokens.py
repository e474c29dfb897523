"""The form of API keys: read back as written, found by scanners, refused when a letter is wrong."""

import binascii
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.identity.keys.tokens import LENGTH, PREFIXES, ApiKeyToken
from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.ids import Id
from app.infrastructure.observability.logging import redact

ID = st.binary(min_size=16, max_size=16).map(Id)
SECRET = st.binary(min_size=32, max_size=32)
ONE = ApiKeyToken(Id(b"\1" * 16), Id(b"\2" * 16), b"\3" * 32, test=False)


@given(ID, ID, SECRET, st.booleans())
def test_a_key_is_read_as_it_was_written(
    tenant_id: Id, key_id: Id, secret: bytes, test: bool
) -> None:
    token = ApiKeyToken(tenant_id, key_id, secret, test)
    text = str(token)
    assert ApiKeyToken.read(text) == token
    assert len(text) == LENGTH
    assert text.startswith(PREFIXES[test])


@given(st.integers(0, LENGTH - 1), st.sampled_from("0Az_"))
def test_a_wrong_letter_is_seen_without_asking_anybody(place: int, letter: str) -> None:
    """CRC-32 finds every change of one letter."""
    text = str(ONE)
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        with pytest.raises(Unauthenticated):
            ApiKeyToken.read(changed)


@pytest.mark.parametrize("ids", ["Z" * 26 + "0" * 26, "0" * 26 + "8" + "0" * 25])
def test_ids_and_secrets_beyond_their_bits_are_refused(ids: str) -> None:
    for body in (ids + "0" * 43, "0" * 52 + "z" * 43):
        text = f"tp_live_{body}"
        number, checksum = binascii.crc32(text.encode()), ""
        letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        for _ in range(6):
            number, place = divmod(number, 62)
            checksum = letters[place] + checksum
        with pytest.raises(Unauthenticated):
            ApiKeyToken.read(text + checksum)


def test_a_hash_belongs_to_its_row() -> None:
    """The same secret under other ids is another hash; nothing of a token shows in its repr."""
    one = ApiKeyToken(Id(b"\1" * 16), Id(b"\2" * 16), b"s" * 32, test=False)
    other = ApiKeyToken(Id(b"\2" * 16), Id(b"\1" * 16), b"s" * 32, test=False)
    assert one.secret_hash != other.secret_hash
    assert len(one.secret_hash) == 32
    assert repr(one) == "ApiKeyToken(…)"


def test_fresh_keys_differ() -> None:
    """256 bits each."""
    tokens = {ApiKeyToken.fresh(ONE.tenant_id, ONE.key_id, test=True).secret for _ in range(50)}
    assert len(tokens) == 50
    assert {len(each) for each in tokens} == {32}


def test_the_published_pattern_finds_keys() -> None:
    """SECURITY.md tells scanners what to look for."""
    [pattern] = re.findall(r"`(\\btp_[^`]+)`", Path("SECURITY.md").read_text(encoding="utf-8"))
    for test in (True, False):
        text = str(ApiKeyToken.fresh(ONE.tenant_id, ONE.key_id, test=test))
        assert re.findall(pattern, f"key = '{text}';") == [(text[3:7])]
    assert re.search(pattern, "tp_live_short") is None


def test_no_key_reaches_the_log() -> None:
    text = str(ONE)
    assert redact(f"asked with {text} from a till") == "asked with [redacted] from a till"
    assert redact(text[:-20]) == "[redacted]"
