"""Operators of the platform, as `tradepost operators add` makes them."""

import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import SystemClock, milliseconds
from app.domain.shared.ids import Id, UlidFactory
from app.infrastructure.db.operators import make_user, switch_operator, user_of
from app.infrastructure.db.owner import owner_of
from app.infrastructure.security.passwords import PooledHasher
from tests.support.company import PASSWORD

fresh_id = UlidFactory(milliseconds(SystemClock()))


async def add_operator(app: Any, email: str) -> Id:
    """Make the user of an address an operator; a new user belongs to no company."""
    now = datetime.now(UTC)
    hasher = PooledHasher(workers=1)
    try:
        async with owner_of(app.state.container.settings.database.owner_url) as owner:
            known = await user_of(owner, email)
            if known is None:
                user = User.new(fresh_id(), email, None, now)
                await make_user(owner, user, await hasher.hash(PASSWORD))
                known = user.id
            await switch_operator(owner, known, now, fresh_id, active=True)
    finally:
        hasher.close()
    return known


async def platform_login(app: Any, email: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    account = {"email": email, "password": PASSWORD, "scope": "platform"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post("/api/v1/auth/login", json=account)


async def make_operator(app: Any, email: str = "") -> dict[str, str]:
    """The header of a new operator who is signed in."""
    email = email or f"operator-{uuid.uuid4().hex[:12]}@platform.example"
    await add_operator(app, email)
    answer = await platform_login(app, email)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
