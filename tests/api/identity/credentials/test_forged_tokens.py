"""Forged access tokens against a running service: each proves nothing (JW-01 to JW-03, S0-35)."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.shared.ids import show
from tests.api.identity.credentials.support import Somebody, new_email
from tests.api.identity.support import AUTH, Tokens, me, parts_of, refusal
from tests.unit.identity.stand import encoded, part

Claims = dict[str, Any]
EVIL = Ed25519PrivateKey.generate()
EVIL_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": base64.urlsafe_b64encode(EVIL.public_key().public_bytes_raw()).decode().rstrip("="),
}


def with_claims(**changed: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.update(changed)


def without(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.pop(name)


def moved(*names: str, by: int) -> Callable[[Claims], None]:
    return lambda claims: claims.update({name: claims[name] + by for name in names})


# What is signed by our own key, and says something else than we do.
SIGNED: dict[str, Callable[[Claims], None]] = {
    **{f"no {name}": without(name) for name in ("iss", "aud", "sub", "jti", "iat", "nbf", "exp")},
    "issuer": with_claims(iss="evil"),
    "audience": with_claims(aud="another-api"),
    "audiences": with_claims(aud=["another-api"]),
    "another user": with_claims(sub=show("usr", b"x" * 16)),
    "another company": with_claims(tid=show("cmp", b"x" * 16)),
    "another session": with_claims(sid=show("ses", b"x" * 16)),
    "lives too long": moved("exp", by=3600),
    "not yet": moved("nbf", by=600),
    "issued in the future": moved("iat", "exp", by=600),
    "long ago": moved("iat", "nbf", "exp", by=-3600),
}
# Headers beside our own, signed by our own key or by another one.
HEADERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "kid traversal": (None, {"kid": "../../../../dev/null"}),
    "kid SQL": (None, {"kid": "x' UNION SELECT 'secret' --"}),
    "kid of nobody": (EVIL, {"kid": "0123456789abcdef"}),
    "jwk": (EVIL, {"jwk": EVIL_KEY}),
    "jku": (EVIL, {"jku": "https://evil.example/keys"}),
    "x5u": (EVIL, {"x5u": "https://evil.example/cert"}),
    "x5c": (EVIL, {"x5c": ["AA=="]}),
    "crit": (None, {"crit": ["b64"], "b64": False}),
    "typ": (None, {"typ": "JWT"}),
    "id token": (None, {"typ": "id_token+jwt"}),
    "another key": (EVIL, {}),
}


class Forger:
    """Makes tokens like that of somebody, with the key of the service at hand."""

    def __init__(self, api: httpx.AsyncClient, token: str) -> None:
        self._kid, self._key = parts_of(api).identity.signing_keys.ring.signer()
        self._claims = jwt.decode(token, options={"verify_signature": False})
        self.public = self._key.public_key().public_bytes_raw()

    def token(
        self,
        change: Callable[[Claims], None] = lambda claims: None,
        key: Any = None,
        algorithm: str = "EdDSA",
        **headers: Any,
    ) -> str:
        claims = dict(self._claims)
        change(claims)
        headers = {"kid": self._kid, "typ": "at+jwt", **headers}
        return jwt.encode(claims, key or self._key, algorithm, headers=headers)


def forged(forger: Forger, token: str) -> dict[str, str]:
    header, claims, signature = token.split(".")
    made = {name: forger.token(change) for name, change in SIGNED.items()}
    made |= {name: forger.token(key=key, **more) for name, (key, more) in HEADERS.items()}
    made["public key as a shared secret"] = forger.token(key=forger.public, algorithm="HS256")
    for algorithm in ("none", "None", "nOnE", "", "HS256", "RS256", "ES256"):
        renamed = encoded({**part(token, 0), "alg": algorithm})
        made[f"alg {algorithm}"] = f"{renamed}.{claims}."
        made[f"alg {algorithm}, signed"] = f"{renamed}.{claims}.{signature}"
    owner = encoded({**part(token, 1), "role": "owner", "jti": "0" * 32})
    made["altered payload"] = f"{header}.{owner}.{signature}"
    made["no signature"] = f"{header}.{claims}."
    made["two parts"] = f"{header}.{claims}"
    made["of another token"] = f"{header}.{claims}.{forger.token().split('.')[2][::-1]}"
    return made


async def test_a_forged_token_proves_nothing_and_does_nothing(olga: Somebody) -> None:
    tokens = await olga.login()
    forger = Forger(olga.api, tokens.access)
    unit = {"code": "forged", "name": "Forged"}
    made = forged(forger, tokens.access)
    assert len(made) >= 45
    for name, token in made.items():
        fake = Tokens(token, "")
        status, code, _ = refusal(await me(olga.api, fake))
        assert (status, code.split(".")[0]) == (401, "auth"), name
        written = await olga.api.post("/api/v1/units", json=unit, headers=fake.headers)
        assert refusal(written)[0] == 401, name
        assert token not in written.text
    # The forging tools work: a token that they rebuild unchanged is accepted.
    assert (await me(olga.api, Tokens(forger.token(), ""))).status_code == 200
    units = await olga.api.get("/api/v1/units?code=forged", headers=tokens.headers)
    assert units.json()["data"] == []


@pytest.mark.parametrize("second", ["the same", "another", "none"])
async def test_of_two_authorizations_none_counts(olga: Somebody, second: str) -> None:
    """JW-03: whichever a proxy before us looked at."""
    tokens = await olga.login()
    eve = Somebody(olga.api, new_email())
    await eve.sign_up()
    values = {"the same": tokens.access, "another": (await eve.login()).access, "none": ""}
    lines = [("Authorization", f"Bearer {each}") for each in (tokens.access, values[second])]
    for headers in (lines, lines[::-1]):
        answer = await olga.api.get(f"{AUTH}/me", headers=headers)
        assert refusal(answer) == (400, "common.header_repeated", [])
    joined = {"Authorization": f"Bearer {tokens.access}, Bearer {values[second]}"}
    assert (await olga.api.get(f"{AUTH}/me", headers=joined)).status_code == 401


async def test_a_token_counts_in_its_header_only(olga: Somebody) -> None:
    """JW-03: not in the query, a cookie, a body, or a header of another name."""
    token = (await olga.login()).access
    for name in ("access_token", "token", "authorization"):
        asked = await olga.api.get(f"{AUTH}/me", params={name: token})
        assert asked.status_code in {400, 401}
        assert token not in asked.text
        cookie = await olga.api.get(f"{AUTH}/me", headers={"Cookie": f"{name}={token}"})
        assert refusal(cookie)[0] == 401
    for name in ("X-Authorization", "X-Access-Token", "Proxy-Authorization"):
        answer = await olga.api.get(f"{AUTH}/me", headers={name: f"Bearer {token}"})
        assert refusal(answer)[0] == 401
    form = {"access_token": token}
    assert refusal(await olga.api.post(f"{AUTH}/logout-all", data=form))[0] in {401, 415}
    assert (await me(olga.api, Tokens(token, ""))).status_code == 200
