"""Who is calling: access tokens over HTTP, and the keys that others check them with."""

import asyncio

import httpx
import jwt
import pytest

from app.infrastructure.identity.build import build_identity
from app.infrastructure.security.keys import LOOK_SECONDS, SealedKeyRing
from app.main import create_app
from app.settings import SettingRefused
from tests.api.identity.support import AUTH, Tokens, login, me, parts_of, refusal, sign_up
from tests.conftest import settings_for

JWKS = "/.well-known/jwks.json"


async def jwks(api: httpx.AsyncClient) -> jwt.PyJWKSet:
    answer = await api.get(JWKS)
    assert answer.status_code == 200
    return jwt.PyJWKSet.from_dict(answer.json())


def checked(token: str, keys: jwt.PyJWKSet) -> dict[str, object]:
    """The claims of a token, as another service would check them."""
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token, key, algorithms=["EdDSA"], audience="tradepost-api", issuer="tradepost"
    )


async def test_without_a_token_of_the_right_form_nobody_is_known(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"{AUTH}/me")
    assert refusal(answer) == (401, "auth.unauthenticated", [])
    assert answer.headers["www-authenticate"] == 'Bearer realm="tradepost"'
    tokens = await sign_up(api)
    for value in ("", "Bearer", "Bearer ", "Basic b2xnYTo=", "Bearer x y", "Bearer é", "Token {}"):
        header = value.format(tokens.access).encode("latin-1")
        answer = await api.get(f"{AUTH}/me", headers=[(b"Authorization", header)])
        assert refusal(answer) == (401, "auth.unauthenticated", [])
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_two_tokens_and_tokens_elsewhere_count_for_none(api: httpx.AsyncClient) -> None:
    """JW-03."""
    tokens = await sign_up(api)
    twice = [("Authorization", f"Bearer {tokens.access}")] * 2
    assert refusal(await api.get(f"{AUTH}/me", headers=twice))[0] == 400
    assert (await api.get(f"{AUTH}/me?access_token={tokens.access}")).status_code in {400, 401}
    assert (await api.get(f"{AUTH}/me", cookies={"token": tokens.access})).status_code == 401


async def test_a_fresh_token_counts_for_its_caller_and_no_other_does(own_database_url: str) -> None:
    """Many requests at once with a token that nobody has seen yet are not a stranger's."""
    limits = {
        "rate_limit_enabled": True,
        "rate_limit_anonymous_per_minute": 5,
        "rate_limit_anonymous_burst": 5,
    }
    app = create_app(settings_for(own_database_url, **limits))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as api,
    ):
        await sign_up(api)
        for _ in range(2):
            tokens = await login(api)
            answers = await asyncio.gather(*(me(api, tokens) for _ in range(20)))
            assert [each.status_code for each in answers] == [200] * 20
        forged = [me(api, Tokens(f"{tokens.access}{n}", "")) for n in range(20)]
        statuses = [each.status_code for each in await asyncio.gather(*forged)]
        assert sorted(statuses) == [401] * 5 + [429] * 15


async def test_a_changed_token_proves_nothing(api: httpx.AsyncClient) -> None:
    """S0-35."""
    tokens = await sign_up(api)
    head, claims, signature = tokens.access.split(".")
    for changed in (
        f"{head}.{claims}.{signature[:-4]}AAAA",
        f"{head}.{claims}A.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + claims + ".",
    ):
        answer = await me(api, Tokens(changed, ""))
        assert refusal(answer) == (401, "auth.unauthenticated", [])


async def test_anybody_can_check_a_token_with_the_published_keys(api: httpx.AsyncClient) -> None:
    """S1-39."""
    tokens = await sign_up(api)
    found = (await me(api, tokens)).json()
    claims = checked(tokens.access, await jwks(api))
    assert (claims["sub"], claims["tid"]) == (found["user_id"], found["company_id"])
    answer = await api.get(JWKS)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert (await api.get("/api/v1" + JWKS)).json() == answer.json()
    assert all(
        key.keys() == {"kty", "crv", "x", "kid", "use", "alg"} for key in answer.json()["keys"]
    )


async def test_a_rotation_of_the_key_refuses_nobody(api: httpx.AsyncClient) -> None:
    """JW-04."""
    before = await sign_up(api)
    await parts_of(api).identity.signing_keys.rotate()
    later(parts_of(api).identity.signing_keys.ring, LOOK_SECONDS)
    after = await login(api)
    headers = [jwt.get_unverified_header(each.access) for each in (before, after)]
    assert headers[0]["kid"] != headers[1]["kid"]
    keys = await jwks(api)
    for tokens in (before, after):
        assert (await me(api, tokens)).status_code == 200
        assert checked(tokens.access, keys)["iss"] == "tradepost"


def later(ring: SealedKeyRing, seconds: float) -> None:
    """Let time pass for the keys of a node."""
    now = ring._monotonic
    ring._monotonic = lambda: now() + seconds


async def test_another_node_on_the_same_database_knows_the_caller(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    second = second_node(api, parts_of(api).settings.tokens.secret.get_secret_value())
    await second.start()
    try:
        principal = await second.tokens.verify(tokens.access)
        assert principal.role == "owner"
        assert (await second.signing_keys.jwks()) == (await api.get(JWKS)).json()
    finally:
        await second.stop()


async def test_a_node_with_another_secret_does_not_start(api: httpx.AsyncClient) -> None:
    second = second_node(api, "another secret, of 32 letters or more")
    try:
        with pytest.raises(SettingRefused, match="SECRET_KEY"):
            await second.start()
    finally:
        await second.stop()


def second_node(api: httpx.AsyncClient, secret: str):  # type: ignore[no-untyped-def]

    parts = parts_of(api)
    return build_identity(
        database=parts.database,
        runner=parts.database,
        reader=parts.reader,
        clock=parts.clock,
        new_id=parts.identity.registrations.new_id,
        secret=secret,
        issuer="tradepost",
        access_minutes=15,
        refresh_days=30,
    )
