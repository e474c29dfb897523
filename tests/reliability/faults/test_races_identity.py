"""Sign-ins at once, at several instances of the service on one database."""

import asyncio

import pytest

from app.application.identity.directory.kinds import CREDENTIALS
from tests.support.company import PASSWORD
from tests.support.racing import Held, Racers, Request, Waiting


async def test_a_login_with_the_old_password_does_not_outlive_the_change(racers: Racers) -> None:
    """RT-03: the password is changed while a login that checked the old one is under way."""
    account = Request("/auth/login", {"email": racers.company.email, "password": PASSWORD})
    new = {"current_password": PASSWORD, "new_password": "tidy lantern under loud snow"}
    with pytest.MonkeyPatch.context() as patch:
        held = Held(racers.fleet.database(0), CREDENTIALS, patch)
        try:
            login = asyncio.create_task(racers.send(0, account))
            await held.reached()
            change = asyncio.create_task(racers.send(1, Request("/auth/password", new)))
            await Waiting(racers.fleet, 1, patch).seen()
        finally:
            held.release()
        opened, changed = await asyncio.gather(login, change)
    assert (opened.status_code, changed.status_code) == (200, 204)
    token = ("Authorization", f"Bearer {opened.json()['access_token']}")
    for headers, status in (((token,), 401), ((), 200)):
        me = await racers.send(1, Request("/auth/me", None, method="GET", headers=headers))
        assert me.status_code == status
