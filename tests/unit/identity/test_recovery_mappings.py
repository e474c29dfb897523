"""What the way back in saves is what it loads, and every rule of its tables has an error."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from app.application.shared.messages import Message
from app.domain.identity.sign_in.password_reset import PasswordReset
from app.domain.identity.sign_in.throttle_lift import ThrottleLift
from app.domain.shared.ids import Id
from app.infrastructure.db.errors import CONSTRAINT_ERRORS
from app.infrastructure.identity.sign_in.recovery import MAPPINGS
from app.infrastructure.security.envelopes import SealedEnvelopes
from app.infrastructure.security.sealing import SealBroken

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ONE, TWO = Id(b"1" * 16), Id(b"2" * 16)
MESSAGE = Message(
    ONE, "o@x.example", "password_reset", b"sealed", NOW, NOW + timedelta(hours=1), None, 1
)
SAMPLES: dict[str, list[Any]] = {
    "password_resets": [PasswordReset(ONE, b"hash", NOW, NOW + timedelta(minutes=30), 2)],
    "throttle_lifts": [ThrottleLift(ONE, NOW, 3)],
    "messages": [MESSAGE, MESSAGE.delivered(NOW)],
}
BY_NAME = {each.kind.name: each for each in MAPPINGS}


def test_there_is_a_sample_of_each_kind() -> None:
    assert sorted(BY_NAME) == sorted(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_saved_is_loaded(name: str) -> None:
    mapping = BY_NAME[name]
    for sample in SAMPLES[name]:
        [(table, row)] = mapping.dump(sample)
        assert table is mapping.table
        assert mapping.load([row[each] for each in mapping.columns]) == sample
        assert {each.name for each in fields(sample)} == {each.name for each in table.columns}


def test_every_rule_of_the_tables_has_an_error() -> None:
    rules = {
        str(constraint.name)
        for mapping in MAPPINGS
        for constraint in mapping.table.constraints
        if isinstance(constraint, CheckConstraint | ForeignKeyConstraint | UniqueConstraint)
    }
    assert len(rules) == 4
    assert rules <= CONSTRAINT_ERRORS.keys()


def test_an_envelope_opens_for_its_message_alone() -> None:
    envelopes = SealedEnvelopes("a secret")
    sealed = envelopes.close(ONE, {"token": "pr_x"})
    assert b"pr_x" not in sealed
    assert envelopes.open(replace(MESSAGE, sealed=sealed)) == {"token": "pr_x"}
    with pytest.raises(SealBroken):
        envelopes.open(replace(MESSAGE, id=TWO, sealed=sealed))
    with pytest.raises(SealBroken):
        SealedEnvelopes("another secret").open(replace(MESSAGE, sealed=sealed))
