"""`tradepost operators`: the only way to make an operator."""

import asyncio
from typing import Any

import httpx
from typer.testing import Result

from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import register_company
from tests.support.in_process import command


def run(url: str, *arguments: str) -> Result:
    return command("operators", *arguments, "--database-url", url)


def logins(url: str, *accounts: dict[str, Any]) -> list[int]:
    async def try_them() -> list[int]:
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return [
                    (await client.post("/api/v1/auth/login", json=each)).status_code
                    for each in accounts
                ]

    return asyncio.run(try_them())


def test_an_operator_is_added_and_removed(own_database_url: str) -> None:
    added = run(own_database_url, "add", "Root@platform.example")
    assert added.exit_code == 0, added.output
    first, second = added.output.splitlines()
    assert first == "Root@platform.example is an operator now."
    password = second.removeprefix("The password, shown this once: ")
    account = {"email": "root@platform.example", "password": password}
    platform = {**account, "scope": "platform"}
    assert logins(own_database_url, account, platform) == [401, 200]
    again = run(own_database_url, "add", "root@platform.example")
    assert again.output == "root@platform.example is an operator already.\n"
    assert run(own_database_url, "list").output == "Root@platform.example\n"
    removed = run(own_database_url, "remove", "ROOT@platform.example")
    assert removed.output == "ROOT@platform.example is no longer an operator.\n"
    assert logins(own_database_url, platform) == [401]
    assert run(own_database_url, "list").output == "Root@platform.example (former)\n"
    refused = run(own_database_url, "remove", "root@platform.example")
    assert (refused.exit_code, refused.output) == (
        1,
        "tradepost: root@platform.example is not an operator\n",
    )
    assert run(own_database_url, "add", "root@platform.example").exit_code == 0
    assert logins(own_database_url, platform) == [200]
    assert run(own_database_url, "add", "no address").exit_code == 1


def test_a_member_becomes_an_operator_beside_it(own_database_url: str) -> None:
    """With the existing password; the member's company sees nothing of it."""

    async def register() -> str:
        app = create_app(settings_for(own_database_url))
        async with app.router.lifespan_context(app), register_company(app) as company:
            return company.email

    email = asyncio.run(register())
    added = run(own_database_url, "add", email)
    assert added.output == f"{email} is an operator now.\n"
