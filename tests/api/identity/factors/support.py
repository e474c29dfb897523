"""People with second factors, and a clock that stands still."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.application.identity.directory.kinds import SESSIONS
from app.application.identity.factors.ports import CHALLENGES, SECOND_FACTORS
from app.domain.shared.ids import Id, read
from tests.api.identity.support import AUTH, PASSWORD, change, parts_of, refusal
from tests.support.authenticator import App, VirtualKey

STEP = 30


class Hand:
    """A clock that stands, and is moved by hand. Databases have clocks of their own."""

    def __init__(self) -> None:
        self.instant = datetime.now(UTC)

    def now(self) -> datetime:
        return self.instant

    def now_again(self) -> None:
        self.instant = datetime.now(UTC)

    def step(self) -> None:
        """On to the next code."""
        self.instant += timedelta(seconds=STEP)


@dataclass
class User:
    """A user with a signed-in client; ``app`` shows the user's codes after enrolment."""

    client: httpx.AsyncClient
    email: str
    id: Id
    tenant_id: Id
    session_id: Id
    app: App | None = None
    recovery_codes: list[str] = field(default_factory=list)

    @classmethod
    async def registered(cls, client: httpx.AsyncClient) -> "User":
        email = f"{uuid.uuid4().hex[:12]}@north.example"
        company = {"name": "North Trading", "currency": "GBP", "time_zone": "UTC"}
        body = {"email": email, "password": PASSWORD, "company": company}
        assert (await client.post(f"{AUTH}/register", json=body)).status_code == 201
        return await cls.signed_in(client, email)

    @classmethod
    async def signed_in(cls, client: httpx.AsyncClient, email: str) -> "User":
        answer = await client.post(f"{AUTH}/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return await cls.known(client, email, answer)

    @classmethod
    async def known(cls, client: httpx.AsyncClient, email: str, tokens: httpx.Response) -> "User":
        client.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"
        me = (await client.get(f"{AUTH}/me")).json()
        return cls(
            client,
            email,
            read("usr", me["user_id"]),
            read("cmp", me["company_id"]),
            read("ses", me["session_id"]),
        )

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        if body is None:
            return await self.client.post(f"/api/v1{path}", headers=headers)
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}")

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(f"/api/v1{path}")

    def code(self, ahead: int = 0) -> str:
        """The code that the app shows, so many steps ahead."""
        assert self.app is not None
        return self.app.code(self._now() + ahead * STEP)

    def _now(self) -> float:
        return float(parts_of(self.client).clock.now().timestamp())

    async def enrol(self) -> None:
        """An app, confirmed by the code before the present one, which stays good."""
        answer = await self.post("/auth/mfa/totp")
        assert answer.status_code == 200, answer.text
        self.app = App(answer.json()["secret"])
        answer = await self.post("/auth/mfa/totp/confirm", {"code": self.code(-1)})
        assert answer.status_code == 200, answer.text
        self.recovery_codes = answer.json()["recovery_codes"] or self.recovery_codes

    async def ask_key(self, purpose: str) -> tuple[str, Any]:
        answer = await self.post("/auth/mfa/challenge", {"purpose": purpose})
        assert answer.status_code == 200, answer.text
        return answer.json()["token"], answer.json()["webauthn"]

    async def add_key(self, key: VirtualKey, name: str = "Blue") -> httpx.Response:
        token, options = await self.ask_key("register")
        body = {"token": token, "credential": key.create(options), "name": name}
        return await self.post("/auth/mfa/security-keys", body)

    async def first_step(self) -> Any:
        """What a login answers that waits for the second factor."""
        account = {"email": self.email, "password": PASSWORD}
        answer = await self.client.post(
            f"{AUTH}/login", json=account, headers={"Authorization": ""}
        )
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def verify(self, token: str, **proof: str) -> httpx.Response:
        return await self.client.post(f"{AUTH}/mfa/verify", json={"mfa_token": token, **proof})

    async def step_up(self, **proof: str) -> httpx.Response:
        return await self.post("/auth/step-up", proof)

    async def age_proof(self, minutes: float = 11) -> None:
        """Let time pass since the identity was confirmed."""
        await self._session(
            lambda each: replace(each, proved_at=each.proved_at - timedelta(minutes=minutes))
        )

    async def _session(self, how: Any) -> None:
        await change(self.client, SESSIONS, (self.session_id,), how)
        parts_of(self.client).identity.tokens.forget([self.session_id])

    async def free_codes(self) -> None:
        """Let the codes of now be good again."""
        await change(
            self.client, SECOND_FACTORS, (self.id,), lambda each: replace(each, last_step=0)
        )

    def now(self) -> datetime:
        """The present instant of the application."""
        instant: datetime = parts_of(self.client).clock.now()
        return instant

    async def age_challenge(self, token_id: Id, minutes: float = 6) -> None:
        older = timedelta(minutes=minutes)
        await change(
            self.client,
            CHALLENGES,
            (token_id,),
            lambda each: replace(each, expires_at=each.expires_at - older),
        )


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    status, code, _ = refusal(answer)
    return status, code
