"""The login of the demo owner, and whether it works."""

from enum import Enum

from app.bootstrap import Container
from app.infrastructure.identity.directory.reader import DatabaseDirectory
from app.infrastructure.security.passwords import PooledHasher

DEMO_EMAIL = "demo@tradepost.example"
DEMO_PASSWORD = "walk-the-counter-42"  # noqa: S105 - printed when the demo starts


class DemoLogin(Enum):
    """The state of the demo owner in the database."""

    MISSING = "no account has the address"
    TAKEN = "an account has it, with another password or without a company"
    THERE = "the demo login works"


async def demo_login(container: Container) -> DemoLogin:
    """Whether the demo owner can sign in."""
    directory = DatabaseDirectory(container.database)
    account = await directory.account(DEMO_EMAIL)
    if account is None:
        return DemoLogin.MISSING
    hasher = PooledHasher(workers=1)
    try:
        right, _ = await hasher.verify(DEMO_PASSWORD, account.password_hash)
    finally:
        hasher.close()
    company_id = await directory.first_company(account.user_id)
    works = right and account.active and company_id is not None
    return DemoLogin.THERE if works else DemoLogin.TAKEN
