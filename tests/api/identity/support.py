"""What these tests do again and again: sign up, sign in, look behind the answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from app.application.shared.access import Principal
from app.application.shared.commands import Answer, Call, Command, Done
from app.application.shared.kinds import Kind, Lock, Needs
from app.domain.shared.ids import NO_ID, Id, read
from app.infrastructure.db.kernel_tables import audit_entries, outbox_events
from app.infrastructure.db.query import Query, of_tenant

EMAIL = "olga@north.example"
PASSWORD = "plum basket over quiet water"  # pragma: allowlist secret
OTHER_PASSWORD = "tidy lantern under loud snow"  # pragma: allowlist secret
COMPANY = {"name": "North Trading", "currency": "GBP", "time_zone": "Europe/London"}
AUTH = "/api/v1/auth"

_ACTIONS = Query(
    select(audit_entries.c.entity_kind, audit_entries.c.action)
    .where(*of_tenant(audit_entries))
    .order_by(audit_entries.c.id)
)
_EVENTS = Query(
    select(outbox_events.c.type).where(*of_tenant(outbox_events)).order_by(outbox_events.c.id)
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login answers."""

    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


async def register(api: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    company = {**COMPANY, **changes.pop("company", {})}
    body = {"email": EMAIL, "password": PASSWORD, "company": company, **changes}
    return await api.post(f"{AUTH}/register", json=body)


async def try_login(
    api: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD
) -> httpx.Response:
    return await api.post(f"{AUTH}/login", json={"email": email, "password": password})


async def login(api: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> Tokens:
    answer = await try_login(api, email, password)
    assert answer.status_code == 200, answer.text
    return tokens_of(answer)


async def sign_up(api: httpx.AsyncClient) -> Tokens:
    answer = await register(api)
    assert answer.status_code == 201, answer.text
    return await login(api)


async def refresh(api: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await api.post(f"{AUTH}/refresh", json={"refresh_token": refresh_token})


async def me(api: httpx.AsyncClient, tokens: Tokens) -> httpx.Response:
    return await api.get(f"{AUTH}/me", headers=tokens.headers)


def tokens_of(answer: httpx.Response) -> Tokens:
    body = answer.json()
    return Tokens(body["access_token"], body["refresh_token"])


def parts_of(api: httpx.AsyncClient) -> Any:
    """The parts of the service behind ``api``."""
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    return transport.app.state.container  # type: ignore[attr-defined]


async def ids_of(api: httpx.AsyncClient, tokens: Tokens) -> tuple[Id, Id]:
    """The caller's user and company."""
    found = (await me(api, tokens)).json()
    return read("usr", found["user_id"]), read("cmp", found["company_id"])


async def change(
    api: httpx.AsyncClient,
    kind: Kind[Any],
    key: tuple[Any, ...],
    how: Callable[[Any], Any],
    tenant_id: Id = NO_ID,
    *,
    make: bool = False,
) -> None:
    """Change an aggregate, of a company or of none, behind the back of the service.

    With ``make`` there is none yet, and ``how`` makes it of None.
    """

    def decide(_: None, work: Any) -> Done:
        work.put(kind, how(work.find(kind, *key) if make else work.get(kind, *key)))
        return Done(None)

    command = Command(
        "tests.change",
        "public",
        lambda _input, _principal: Needs().one(kind, *key, lock=Lock.UPDATE),
        decide,
    )
    call = Call(command, None, Principal(tenant_id, NO_ID))
    [outcome] = await parts_of(api).database.run([call])
    assert isinstance(outcome, Answer)


async def trail(api: httpx.AsyncClient, tenant_id: Id) -> list[str]:
    """What the audit trail of a company says, in order."""
    async with parts_of(api).database.read(tenant_id) as scope:
        return [f"{kind} {action}" for kind, action in await scope.rows(_ACTIONS)]


async def events(api: httpx.AsyncClient, tenant_id: Id) -> list[str]:
    """The types of a company's events, in order."""
    async with parts_of(api).database.read(tenant_id) as scope:
        return [row[0] for row in await scope.rows(_EVENTS)]


def refusal(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, code, and the members that a problem names."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, body["code"], [each["pointer"] for each in body.get("errors", [])]


def alike(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers differ in nothing but the ids of their requests."""
    return _plain(one) == _plain(other)


def _plain(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    body = {
        name: value
        for name, value in answer.json().items()
        if name not in {"request_id", "trace_id"}
    }
    changing = {"x-request-id", "x-trace-id", "ratelimit", "date"}
    headers = {name: value for name, value in answer.headers.items() if name not in changing}
    return answer.status_code, body, headers
