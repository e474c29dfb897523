"""Somebody who signs up, forgets the password, and asks for another one."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

import httpx

from tests.api.identity.members.test_members import hired
from tests.api.identity.support import (
    AUTH,
    OTHER_PASSWORD,
    PASSWORD,
    Tokens,
    ids_of,
    login,
    parts_of,
    register,
    try_login,
)
from tests.support.mailbox import tokens_sent

FIRST, SECOND = "plum lantern behind a hill", "seven quiet geese on ice"
_RANDOM = SystemRandom()


@asynccontextmanager
async def at_a_place(application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a network address of its own."""
    address = f"10.{_RANDOM.randrange(256)}.{_RANDOM.randrange(256)}.{_RANDOM.randrange(1, 255)}"
    transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def new_email() -> str:
    """An address that nobody has."""
    return f"olga-{uuid.uuid4().hex[:12]}@north.example"


@dataclass
class Somebody:
    """A user of the service, with a separate address."""

    api: httpx.AsyncClient
    email: str

    async def sign_up(self) -> None:
        """Register, with a company."""
        answer = await register(self.api, email=self.email)
        assert answer.status_code == 201, answer.text

    async def login(self, password: str = PASSWORD) -> Tokens:
        """Sign in."""
        return await login(self.api, self.email, password)

    async def try_login(self, password: str = PASSWORD) -> httpx.Response:
        """Try to."""
        return await try_login(self.api, self.email, password)

    async def ids(self) -> tuple[Any, Any]:
        """The user and the company."""
        return await ids_of(self.api, await self.login())

    async def forget(self, email: str | None = None) -> httpx.Response:
        """Ask for a reset."""
        body = {"email": email or self.email}
        return await self.api.post(f"{AUTH}/password/reset-request", json=body)

    async def sent(self) -> str:
        """The token that comes of asking."""
        answer = await self.forget()
        assert answer.status_code == 202, answer.text
        return (await self.tokens_sent())[-1]

    async def tokens_sent(self) -> list[str]:
        """Every token that was sent."""
        return await tokens_sent(parts_of(self.api), self.email)

    async def reset(self, token: str, password: str = FIRST) -> httpx.Response:
        """Use a token."""
        body = {"token": token, "new_password": password}
        return await self.api.post(f"{AUTH}/password/reset", json=body)

    async def hire(self, role: str = "cashier") -> tuple["Somebody", Tokens]:
        """A new member of the company, signed in with the other password."""
        emil = Somebody(self.api, new_email())
        return emil, await hired(self.api, await self.login(), role, emil.email)


HIRED_PASSWORD = OTHER_PASSWORD
