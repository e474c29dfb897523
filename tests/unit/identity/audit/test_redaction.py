"""No secret gets into the audit trail, whatever a command hands to it."""

from datetime import UTC, datetime

import pytest

from app.application.shared.access import Principal
from app.application.shared.audited import exported
from app.application.shared.redaction import REDACTED, difference, is_secret, redacted
from app.application.shared.work import Loaded, Work
from app.domain.shared.ids import Id

ONE = Id(b"1" * 16)
TOLD = "in confidence"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "password_hash",
        "token_hash",
        "refresh_token",
        "secret",
        "client_secret",
        "totp",
        "otp",
        "pin",
        "private_key",
        "api_key",
        "sealed_private_key",
        "Authorization",
        "recovery_code_hashes",
    ],
)
def test_names_of_secrets(name: str) -> None:
    """AU-01, CF-03."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["name", "code", "key", "number", "pinned", "tokenless", "hash_tag_free", "api_key_id"]
)
def test_names_of_none(name: str) -> None:
    assert is_secret(name) == (name in {"hash_tag_free", "api_key_id"})  # rather one too many


def test_secrets_are_struck_out_at_every_depth() -> None:
    given = {
        "after": {
            "name": "N",
            "secret": TOLD,
            "has_password": True,
            "lines": [{"token": 5}, 7],
        },
        "before": {"name": "M", "secret": None},
        "pair": ("a", {"password": TOLD}),
    }
    assert redacted(given) == {
        "after": {
            "name": "N",
            "secret": REDACTED,
            "has_password": True,
            "lines": [{"token": REDACTED}, 7],
        },
        "before": {"name": "M", "secret": None},
        "pair": ["a", {"password": REDACTED}],
    }
    assert given["after"]["secret"] == TOLD  # type: ignore[index]


def test_every_note_goes_through_it() -> None:
    loaded = Loaded()
    work = Work(loaded, Principal(ONE, ONE), datetime(2026, 3, 31, tzinfo=UTC), lambda: ONE)
    work.note("changed", "user", ONE, password_hash="$argon2id$…", name="N")
    work.merge()
    [(_, note)] = loaded.notes
    assert note.changes == {"password_hash": REDACTED, "name": "N"}


def test_an_export_is_told_with_its_filters() -> None:
    """AU-01: what left the company, how much of it, in which form."""
    loaded = Loaded()
    work = Work(loaded, Principal(ONE, ONE), datetime(2026, 3, 31, tzinfo=UTC), lambda: ONE)
    exported(work, ONE, "sales", form="csv", rows=12, effective_from="2026-01-01")
    work.merge()
    [(_, note)] = loaded.notes
    assert (note.action, note.entity_kind, note.entity_id) == ("exported", "export", ONE)
    assert note.changes == {
        "of": "sales",
        "form": "csv",
        "rows": 12,
        "filters": {"effective_from": "2026-01-01"},
    }


def test_a_difference_is_what_differs() -> None:
    old, new = {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4}
    assert difference(old, new) == {"before": {"b": 2, "d": None}, "after": {"b": 5, "d": 4}}
    assert difference(old, old) == {"before": {}, "after": {}}
