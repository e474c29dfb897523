"""Access tokens: what is in them, what is refused, and how soon an ended session is noticed."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.application.identity.ports import Access
from app.application.shared.permissions import ROLES
from app.domain.identity.errors import SessionOver, TokenExpired, Unauthenticated
from app.domain.shared.errors import ServiceUnavailable
from app.domain.shared.ids import Id, show
from app.infrastructure.security.access_tokens import (
    ACCESS_SECONDS,
    LEEWAY_SECONDS,
    SignedAccessTokens,
)
from app.infrastructure.security.keys import SealedKeyRing
from tests.unit.identity.fakes import START, HandClock, MemoryDirectory, add_key, key_ring

SESSION, USER, TENANT = Id(b"s" * 16), Id(b"u" * 16), Id(b"t" * 16)
ACCESS = Access(SESSION, USER, TENANT, "cashier", START + timedelta(days=7))


class Stand:
    """One node: its clock, its database, its keys and tokens."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.directory = MemoryDirectory(sessions={SESSION: ACCESS})
        self.ring: SealedKeyRing = key_ring(self.directory, self.clock)
        self.tokens = self.node()

    def node(self) -> SignedAccessTokens:
        return SignedAccessTokens(
            self.ring,
            self.directory,
            self.clock,
            issuer="tradepost",
            audience="tradepost-api",
            life=timedelta(minutes=15),
            monotonic=self.clock.monotonic,
        )

    def issue(self) -> str:
        return self.tokens.issue(ACCESS)[0]

    def forge(
        self,
        change: Callable[[dict[str, Any]], Any] = lambda claims: None,
        headers: dict[str, Any] | None = None,
        key: Any = None,
        algorithm: str = "EdDSA",
    ) -> str:
        """A token like ours, with changed claims or headers, signed by our own key or ``key``."""
        claims = jwt.decode(self.issue(), options={"verify_signature": False})
        change(claims)
        kid, private = self.ring.signer()
        return jwt.encode(
            claims,
            key or private,
            algorithm,
            headers={"kid": kid, "typ": "at+jwt", **(headers or {})},
        )

    async def looks(self) -> int:
        """Look-ups of sessions so far, those in the background included."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return self.directory.reads.get("access", 0)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    add_key(made.directory, made.ring, made.clock)
    await made.ring.load()
    yield made
    await made.tokens.close()


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))  # type: ignore[no-any-return]


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def test_a_token_says_who_for_how_long_and_by_which_key(stand: Stand) -> None:
    token, seconds = stand.tokens.issue(ACCESS)
    assert seconds == 900
    assert part(token, 0) == {"alg": "EdDSA", "typ": "at+jwt", "kid": stand.ring.signer()[0]}
    claims = part(token, 1)
    now = int(START.timestamp())
    assert claims == {
        "iss": "tradepost",
        "aud": "tradepost-api",
        "sub": show("usr", USER),
        "tid": show("tnt", TENANT),
        "sid": show("ses", SESSION),
        "role": "cashier",
        "jti": claims["jti"],
        "iat": now,
        "nbf": now,
        "exp": now + 900,
    }
    assert claims["jti"] != part(stand.issue(), 1)["jti"]


async def test_the_caller_behind_a_token_holds_the_permissions_of_his_role(stand: Stand) -> None:
    principal = await stand.tokens.verify(stand.issue())
    assert (principal.tenant_id, principal.user_id, principal.session_id) == (TENANT, USER, SESSION)
    assert principal.role == "cashier"
    assert principal.permissions == ROLES["cashier"]


async def test_a_token_expires_and_says_so(stand: Stand) -> None:
    token = stand.issue()
    stand.clock.move(seconds=900 + LEEWAY_SECONDS - 1)
    await stand.tokens.verify(token)
    stand.clock.move(seconds=1)
    with pytest.raises(TokenExpired):
        await stand.tokens.verify(token)
    with pytest.raises(TokenExpired):
        await stand.node().verify(token)


def missing(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda claims: claims.pop(name)


def other(name: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda claims: claims.update({name: value})


NOW = int(START.timestamp())


@pytest.mark.parametrize(
    "change",
    [
        *(
            pytest.param(missing(name), id=f"no {name}")
            for name in ("iss", "aud", "sub", "tid", "sid", "role", "jti", "iat", "nbf", "exp")
        ),
        pytest.param(other("iss", "evil"), id="issuer"),
        pytest.param(other("aud", "another-api"), id="audience"),
        pytest.param(other("sub", show("usr", TENANT)), id="another user"),
        pytest.param(other("tid", show("tnt", USER)), id="another company"),
        pytest.param(other("sid", show("usr", SESSION)), id="prefix"),
        pytest.param(other("sid", "ses_"), id="no id"),
        pytest.param(other("sid", 7), id="number for an id"),
        pytest.param(other("sid", ["ses"]), id="list for an id"),
        pytest.param(other("sub", None), id="null for an id"),
        pytest.param(other("exp", NOW + 901), id="lives too long"),
        pytest.param(other("exp", float(NOW + 60)), id="fraction"),
        pytest.param(other("exp", str(NOW + 60)), id="text for a time"),
        pytest.param(other("exp", True), id="flag for a time"),
        pytest.param(other("exp", 10**400), id="endless"),
        pytest.param(other("nbf", NOW + LEEWAY_SECONDS + 1), id="not yet"),
        pytest.param(other("iat", NOW + LEEWAY_SECONDS + 1), id="issued in the future"),
    ],
)
async def test_a_signed_token_with_other_claims_is_refused(
    stand: Stand, change: Callable[[dict[str, Any]], Any]
) -> None:
    """S0-35, JW-02."""
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(stand.forge(change))


async def test_a_clock_that_is_a_little_ahead_is_tolerated(stand: Stand) -> None:
    token = stand.forge(
        lambda claims: claims.update(
            iat=NOW + LEEWAY_SECONDS, nbf=NOW + LEEWAY_SECONDS, exp=NOW + 900
        )
    )
    assert (await stand.tokens.verify(token)).user_id == USER


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": ""},
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": None},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "OKP"}},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["exp"]},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_a_signed_token_with_other_headers_is_refused(
    stand: Stand, headers: dict[str, Any]
) -> None:
    """JW-01."""
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(stand.forge(headers=headers))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS256", "EdDSA ", "ES256", None, 5])
async def test_no_other_algorithm_is_accepted(stand: Stand, name: Any) -> None:
    header, claims, signature = stand.issue().split(".")
    renamed = encoded({**part(f"{header}.", 0), "alg": name})
    for signed in (signature, ""):
        with pytest.raises(Unauthenticated):
            await stand.tokens.verify(f"{renamed}.{claims}.{signed}")


async def test_the_public_key_is_no_shared_secret(stand: Stand) -> None:
    public = stand.directory.keys[0].public_key
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(stand.forge(key=public, algorithm="HS256"))


async def test_another_key_under_our_id_is_refused(stand: Stand) -> None:
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(stand.forge(key=Ed25519PrivateKey.generate()))


async def test_every_changed_letter_is_noticed(stand: Stand) -> None:
    token = stand.issue()
    for place in range(0, len(token) - 1):
        letter = "A" if token[place] != "A" else "B"
        with pytest.raises(Unauthenticated):
            await stand.tokens.verify(token[:place] + letter + token[place + 1 :])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.text(alphabet="eyJ.AZaz09-_=", max_size=80), max_size=5).map(".".join),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit"]), inner)
            ),
            max_leaves=6,
        ).map(lambda header: f"{encoded(header)}.e30.AA"),
        st.binary(max_size=40).map(lambda raw: f"{encoded(raw)}.{encoded(raw)}.{encoded(raw)}"),
    )
)
async def test_any_text_is_refused_and_breaks_nothing(stand: Stand, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(token)


async def test_a_token_of_any_length_is_refused_at_once(stand: Stand) -> None:
    with pytest.raises(Unauthenticated):
        await stand.tokens.verify(stand.issue() + "A" * 10_000_000)


async def test_a_rotated_key_refuses_nobody(stand: Stand) -> None:
    """JW-04: through a rotation, on the node that did it and on another."""
    other_ring = key_ring(stand.directory, stand.clock)
    await other_ring.load()
    before = stand.issue()
    stand.clock.move(minutes=5)
    add_key(stand.directory, stand.ring, stand.clock)
    await stand.ring.load()
    after = stand.issue()
    assert part(before, 0)["kid"] != part(after, 0)["kid"]
    stand.ring = other_ring
    for tokens in (stand.tokens, stand.node()):
        for token in (before, after):
            assert (await tokens.verify(token)).user_id == USER


async def test_busy_sessions_read_the_database_seldom(stand: Stand) -> None:
    token = stand.issue()
    for _ in range(300):  # a request every tenth of a second
        await stand.tokens.verify(token)
        await stand.looks()
        stand.clock.move(milliseconds=100)
    assert await stand.looks() <= 11


async def test_requests_that_come_together_share_one_look(stand: Stand) -> None:
    token = stand.issue()
    stand.directory.held = asyncio.Event()
    waiting = [asyncio.create_task(stand.tokens.verify(token)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one client hangs up; the others get their answer
    await asyncio.sleep(0)
    stand.directory.held.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(answer, BaseException) for answer in answers) == 1
    assert await stand.looks() == 1


async def test_a_session_ended_elsewhere_is_refused_within_the_stated_time(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.clock.move(seconds=ACCESS_SECONDS)
    with pytest.raises(SessionOver):
        await stand.tokens.verify(token)


async def test_the_background_look_notices_sooner(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.clock.move(seconds=ACCESS_SECONDS - 1)
    await stand.tokens.verify(token)  # still served, and looks again meanwhile
    await stand.looks()
    with pytest.raises(SessionOver):
        await stand.tokens.verify(token)


async def test_a_session_ended_here_is_refused_at_once(stand: Stand) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.sessions.clear()
    stand.tokens.forget([SESSION])
    assert stand.tokens.known(token) is None
    with pytest.raises(SessionOver):
        await stand.tokens.verify(token)


async def test_a_look_that_began_before_the_end_is_not_kept(stand: Stand) -> None:
    token = stand.issue()
    stand.directory.held = asyncio.Event()
    early = asyncio.create_task(stand.tokens.verify(token))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stand.directory.sessions.clear()  # the row was read already, the end commits now
    stand.tokens.forget([SESSION])
    stand.directory.held.set()
    await early
    with pytest.raises(SessionOver):
        await stand.tokens.verify(token)


async def test_a_changed_role_counts_within_the_stated_time(stand: Stand) -> None:
    """RT-03: what a role may do is looked up, not read from the token."""
    token = stand.issue()
    assert (await stand.tokens.verify(token)).role == "cashier"
    stand.directory.sessions[SESSION] = Access(SESSION, USER, TENANT, "viewer", ACCESS.live_until)
    stand.clock.move(seconds=ACCESS_SECONDS)
    principal = await stand.tokens.verify(token)
    assert principal.permissions == ROLES["viewer"]


async def test_a_session_that_nobody_renewed_is_over(stand: Stand) -> None:
    stand.directory.sessions[SESSION] = Access(
        SESSION, USER, TENANT, "cashier", START + timedelta(seconds=2)
    )
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.clock.move(seconds=2)
    with pytest.raises(SessionOver):
        await stand.tokens.verify(token)


async def test_while_the_database_is_away_the_last_answer_serves_until_its_end(
    stand: Stand,
) -> None:
    token = stand.issue()
    await stand.tokens.verify(token)
    stand.directory.failure = ServiceUnavailable()
    stand.clock.move(seconds=ACCESS_SECONDS - 1)
    await stand.tokens.verify(token)
    await stand.looks()
    await stand.tokens.verify(token)
    stand.clock.move(seconds=1)
    with pytest.raises(ServiceUnavailable):
        await stand.tokens.verify(token)
    stand.directory.failure = None
    assert (await stand.tokens.verify(token)).user_id == USER


async def test_a_verified_caller_is_known_without_a_look(stand: Stand) -> None:
    token = stand.issue()
    assert stand.tokens.known(token) is None
    principal = await stand.tokens.verify(token)
    assert stand.tokens.known(token) is principal
    assert stand.tokens.known("another") is None


async def test_the_end_of_the_service_ends_its_looks(stand: Stand) -> None:
    stand.directory.held = asyncio.Event()
    waiting = asyncio.create_task(stand.tokens.verify(stand.issue()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await stand.tokens.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
