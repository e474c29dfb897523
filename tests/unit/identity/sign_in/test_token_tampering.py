"""Whatever is changed in a token, it proves nothing any more (S0-35, JW-01, JW-02)."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.ids import show
from app.infrastructure.security.access_tokens import LEEWAY_SECONDS
from tests.unit.identity.fakes import START
from tests.unit.identity.stand import SESSION, TENANT, USER, Stand, encoded, part


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
        pytest.param(other("tid", show("cmp", USER)), id="another company"),
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
