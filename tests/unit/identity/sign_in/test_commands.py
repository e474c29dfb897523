"""What the commands decide on what they see, where timing decides and HTTP cannot choose it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.application.identity.companies.founding import Company
from app.application.identity.directory.kinds import (
    CREDENTIALS,
    LIVE_SESSIONS_OF_USER,
    MEMBERSHIPS,
    SESSIONS,
    TENANTS,
    USER_BY_EMAIL,
    USERS,
)
from app.application.identity.keys.ports import SIGNING_KEYS
from app.application.identity.keys.signing_keys import MAKE_FIRST_KEY, ROTATE_KEY, NewKeyPair
from app.application.identity.sign_in.registration import Registration, open_company
from app.application.identity.sign_in.sessions import (
    LOGIN,
    LOGOUT,
    LOGOUT_ALL,
    REFRESH,
    SESSION_BY_FAMILY,
    Exchange,
    NewSession,
    SignIn,
)
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.work import Loaded, Work
from app.domain.identity.companies.tenant import Tenant
from app.domain.identity.keys.signing_key import KeyState, SigningKey
from app.domain.identity.members.membership import Membership
from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.errors import EmailTaken, InvalidCredentials, InvalidRefreshToken
from app.domain.identity.sign_in.session import Session, SessionTerms
from app.domain.identity.sign_in.user import User
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
SESSION_ID, USER_ID, TENANT_ID = (Id(bytes([number]) * 16) for number in (1, 2, 3))
TERMS = SessionTerms(idle=timedelta(days=7), absolute=timedelta(days=30))
PRINCIPAL = Principal(TENANT_ID, USER_ID, SESSION_ID, address="192.0.2.7")

USER = User(USER_ID, "o@north.example", "o@north.example", "Olga", True, BEFORE, 1)
TENANT = Tenant.new(TENANT_ID, "North", "Europe/London", None, BEFORE)
MEMBERSHIP = Membership(TENANT_ID, USER_ID, "buyer", active=True, version=1)
STORED = Credentials(USER_ID, "old hash", BEFORE, 1)
SESSION = Session.opened(
    SESSION_ID, USER_ID, TENANT_ID, (b"family", b"A"), ("curl", "192.0.2.7"), TERMS, BEFORE
)
PLACE: dict[Any, list[Any]] = {USERS: [USER], TENANTS: [TENANT], MEMBERSHIPS: [MEMBERSHIP]}
SIGN_IN = SignIn(
    NewSession(SESSION_ID, b"family", b"A", "curl", TERMS), "old hash", BEFORE, stronger_hash=None
)
EXCHANGE = Exchange(b"family", b"A", b"B", TERMS)


class Seen:
    """A command's view of the given aggregates, and what it changed."""

    def __init__(self, command: Command[Any], input_: Any, given: dict[Any, list[Any]]) -> None:
        self.loaded = Loaded()
        needs = command.needs(input_, PRINCIPAL)
        for (kind, _), keys in needs.keys.items():
            self.loaded.take(kind, keys, given.get(kind, []))
        for finder, keys in needs.searches.items():
            self.loaded.take_search(finder, keys, given.get(finder.kind, []))
        self.work = Work(self.loaded, PRINCIPAL, NOW, lambda: Id(b"n" * 16))
        self.command, self.input = command, input_

    def decide(self) -> Done:
        done = self.command.decide(self.input, self.work)
        self.work.merge()
        return done

    def changed(self, kind: Any) -> list[Any]:
        keys = self.loaded.changed.get(kind, {})
        return [self.loaded.present[kind][key] for key in keys]

    def notes(self) -> list[str]:
        return [f"{note.entity_kind} {note.action}" for _, note in self.loaded.notes]


def test_a_sign_in_opens_a_session() -> None:
    seen = Seen(LOGIN, SIGN_IN, {**PLACE, CREDENTIALS: [STORED]})
    assert seen.decide().view == {"outcome": "granted", "role": "buyer", "seconds": 7 * 86_400}
    [session] = seen.changed(SESSIONS)
    assert (session.id, session.user_id, session.tenant_id) == (SESSION_ID, USER_ID, TENANT_ID)
    assert (session.device, session.address) == ("curl", "192.0.2.7")
    assert seen.notes() == ["session opened"]
    assert seen.changed(CREDENTIALS) == []


def test_an_outdated_hash_is_replaced_and_the_password_stays_as_old_as_it_is() -> None:
    request = replace(SIGN_IN, stronger_hash="new hash")
    seen = Seen(LOGIN, request, {**PLACE, CREDENTIALS: [STORED]})
    seen.decide()
    assert seen.changed(CREDENTIALS) == [Credentials(USER_ID, "new hash", BEFORE, 2)]


def test_a_hash_that_another_sign_in_replaced_is_left_alone() -> None:
    request = replace(SIGN_IN, stronger_hash="new hash")
    seen = Seen(LOGIN, request, {**PLACE, CREDENTIALS: [STORED.rehashed("theirs")]})
    seen.decide()
    assert seen.changed(CREDENTIALS) == []
    assert len(seen.changed(SESSIONS)) == 1


GONE = [
    pytest.param({USERS: []}, id="no user"),
    pytest.param({USERS: [replace(USER, active=False)]}, id="user switched off"),
    pytest.param({TENANTS: []}, id="no company"),
    pytest.param({TENANTS: [replace(TENANT, purging=True)]}, id="being deleted"),
    pytest.param({MEMBERSHIPS: []}, id="not a member"),
]


@pytest.mark.parametrize(
    "given",
    [
        *GONE,
        pytest.param({CREDENTIALS: []}, id="no password"),
        pytest.param({CREDENTIALS: [Credentials(USER_ID, "h", NOW, 2)]}, id="changed meanwhile"),
    ],
)
def test_what_changed_while_the_password_was_checked_counts(given: dict[Any, list[Any]]) -> None:
    seen = Seen(LOGIN, SIGN_IN, {**PLACE, CREDENTIALS: [STORED], **given})
    with pytest.raises(InvalidCredentials):
        seen.decide()


@pytest.mark.parametrize("given", [*GONE, pytest.param({SESSIONS: []}, id="no session")])
def test_no_refresh_for_who_was_switched_off(given: dict[Any, list[Any]]) -> None:
    seen = Seen(REFRESH, EXCHANGE, {**PLACE, SESSIONS: [SESSION], **given})
    with pytest.raises(InvalidRefreshToken):
        seen.decide()


def test_a_reuse_is_answered_and_kept() -> None:
    rotated = SESSION.rotated(b"A", b"B", TERMS, BEFORE)
    seen = Seen(REFRESH, EXCHANGE, {**PLACE, SESSIONS: [rotated]})
    assert seen.decide().view == {"outcome": "reused"}
    assert [session.revoked_at for session in seen.changed(SESSIONS)] == [NOW]
    assert seen.notes() == ["session ended"]
    assert [event.type for event in seen.loaded.events] == ["session.reuse_detected"]


def test_a_logout_ends_the_session_and_a_second_one_changes_nothing() -> None:
    seen = Seen(LOGOUT, b"family", {SESSIONS: [SESSION]})
    seen.decide()
    [ended] = seen.changed(SESSIONS)
    again = Seen(LOGOUT, b"family", {SESSIONS: [ended]})
    again.decide()
    assert again.changed(SESSIONS) == []
    assert again.notes() == []


def test_a_logout_everywhere_ends_what_lives() -> None:
    second = replace(SESSION, id=Id(b"2" * 16), family_hash=b"second")
    ended = replace(SESSION, id=Id(b"3" * 16), family_hash=b"third", revoked_at=BEFORE)
    seen = Seen(LOGOUT_ALL, None, {SESSIONS: [SESSION, second, ended]})
    assert seen.decide().view == [SESSION.id.hex(), second.id.hex()]
    assert LIVE_SESSIONS_OF_USER.key_of(ended) is None
    assert SESSION_BY_FAMILY.key_of(ended) == (b"third",)


def registration(**company: Any) -> Registration:
    given = {"name": "North", "currency": "GBP", "time_zone": "Europe/London", "country": None}
    made = Company(**{**given, "tax_rounding": "line", **company})
    return Registration("Olga@north.example ", "Olga", "hash", made)


def test_a_company_begins_with_its_owner() -> None:
    command: Command[Registration] = Command(
        "tests.register",
        "public",
        lambda request, _: _needs_of(request),
        lambda request, work: Done(open_company(work, request)),
    )
    seen = Seen(command, registration(), {})
    assert seen.decide().view == Tenant.new(TENANT_ID, "North", "Europe/London", None, NOW)
    assert seen.changed(MEMBERSHIPS) == [
        Membership(TENANT_ID, USER_ID, "owner", active=True, version=1)
    ]
    assert seen.changed(CREDENTIALS) == [Credentials(USER_ID, "hash", NOW, 1)]
    assert [user.email for user in seen.changed(USERS)] == ["Olga@north.example"]
    taken = Seen(
        command, registration(), {USERS: [replace(USER, email_folded="olga@north.example")]}
    )
    with pytest.raises(EmailTaken):
        taken.decide()


def _needs_of(request: Registration) -> Any:
    from app.application.identity.sign_in.registration import registration_needs

    needs = registration_needs(request, PRINCIPAL)
    assert needs.searches == {USER_BY_EMAIL: {("olga@north.example",)}}
    return needs


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("currency", "XXX"),
        ("time_zone", "Europe/Atlantis"),
        ("country", "gb"),
        ("name", " "),
    ],
)
def test_what_is_wrong_with_the_company_is_named_below_it(member: str, value: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        registration(**{member: value}).check(NOW)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/company/{member}"]


def test_what_is_wrong_with_the_user_is_named_beside_it() -> None:
    with pytest.raises(InvalidValue) as refusal:
        replace(registration(), email="olga").check(NOW)
    assert [fault.pointer for fault in refusal.value.faults] == ["/email"]


def test_the_first_key_is_made_once_and_each_rotation_leaves_one_that_signs() -> None:
    new = NewKeyPair("k2", b"sealed", b"public")
    first = Seen(MAKE_FIRST_KEY, new, {})
    first.decide()
    [key] = first.changed(SIGNING_KEYS)
    assert key == SigningKey.new("k2", b"sealed", b"public", NOW)

    there = [SigningKey.new("k1", b"s", b"p", BEFORE)]
    again = Seen(MAKE_FIRST_KEY, new, {SIGNING_KEYS: there})
    again.decide()
    assert again.changed(SIGNING_KEYS) == []

    rotation = Seen(ROTATE_KEY, new, {SIGNING_KEYS: there})
    rotation.decide()
    states = {each.kid: each.state for each in rotation.changed(SIGNING_KEYS)}
    assert states == {"k1": KeyState.RETIRED, "k2": KeyState.ACTIVE}
