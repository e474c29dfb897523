"""What the tests of API keys do again and again, on the application that all tests share."""

from dataclasses import replace
from typing import Any

import httpx

from app.application.identity.keys.ports import API_KEYS
from app.application.identity.keys.tokens import ApiKeyToken
from app.domain.shared.ids import read
from tests.api.identity.members import test_members
from tests.api.identity.support import Tokens, change, ids_of, login, parts_of, register
from tests.support.route import tag

Refusal = tuple[int, str, list[str]]
API = "/api/v1"
KEYS = f"{API}/api-keys"
SHOP = {"name": "Web shop", "permissions": ["units:read", "units:write", "products:read"]}
OVER: Refusal = (401, "api_keys.expired", [])
NOBODY: Refusal = (401, "auth.unauthenticated", [])


async def sign_up(api: httpx.AsyncClient, **company: Any) -> Tokens:
    """The owner of a new company, signed in, without failures in the sign-in throttle."""
    email = f"{tag()}@north.example"
    answer = await register(api, email=email, company=company)
    assert answer.status_code == 201, answer.text
    return await login(api, email)


async def hired(api: httpx.AsyncClient, tokens: Tokens, role: str) -> Tokens:
    """A new member, signed in."""
    return await test_members.hired(api, tokens, role, f"{tag()}@north.example")


async def make(api: httpx.AsyncClient, tokens: Tokens, **members: Any) -> httpx.Response:
    return await api.post(KEYS, json={**SHOP, **members}, headers=tokens.headers)


async def made(api: httpx.AsyncClient, tokens: Tokens, **members: Any) -> dict[str, Any]:
    answer = await make(api, tokens, **members)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def units(api: httpx.AsyncClient, key: str) -> httpx.Response:
    return await api.get(f"{API}/units", headers=bearer(key))


async def new_unit(api: httpx.AsyncClient, key: str, code: str, **more: Any) -> httpx.Response:
    body = {"code": code, "name": "Crate", "decimals": 0}
    return await api.post(f"{API}/units", json=body, headers={**bearer(key), **more})


async def act(
    api: httpx.AsyncClient,
    tokens: Tokens,
    key_id: str,
    verb: str,
    body: Any = None,
    version: int = 1,
) -> httpx.Response:
    headers = {**tokens.headers, "If-Match": f'"{version}"'}
    return await api.post(f"{KEYS}/{key_id}/{verb}", json=body, headers=headers)


async def rotate(
    api: httpx.AsyncClient, tokens: Tokens, key_id: str, version: int = 1, **body: Any
) -> httpx.Response:
    return await act(api, tokens, key_id, "rotate", body, version)


def other_secret(key: str) -> str:
    """The same ids with another secret, in good form."""
    token = ApiKeyToken.read(key)
    return str(ApiKeyToken.fresh(token.tenant_id, token.key_id, test=token.test))


async def alter(api: httpx.AsyncClient, tokens: Tokens, key_id: str, **fields: Any) -> None:
    """Change the row behind the service's back, as another node would."""
    _, tenant_id = await ids_of(api, tokens)
    key = read("key", key_id)
    await change(api, API_KEYS, (key,), lambda each: replace(each, **fields), tenant_id)


async def forget(api: httpx.AsyncClient, tokens: Tokens, key_id: str) -> None:
    """As if the bound of five seconds were over."""
    _, tenant_id = await ids_of(api, tokens)
    parts_of(api).identity.tokens._keys.forget(tenant_id, read("key", key_id))
