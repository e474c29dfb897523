"""What ends on one node ends on every other within five seconds (RT-03, S0-47)."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.application.identity.sign_in.refresh_tokens import RefreshToken
from app.domain.shared.ids import show
from app.infrastructure.security import passwords
from app.infrastructure.security.access_tokens import ACCESS_SECONDS
from app.main import create_app
from tests.api.identity.credentials.support import HIRED_PASSWORD, Somebody, at_a_place
from tests.api.identity.members.test_members import ask
from tests.api.identity.sign_in.test_account import choose, own_id
from tests.api.identity.support import AUTH, Tokens, ids_of, login, me, refresh, refusal
from tests.conftest import settings_for


class Later:
    """A monotonic clock that goes on, and jumps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Node:
    """Another process of the service, on the same database, with a clock of its own."""

    api: httpx.AsyncClient
    clock: Later


@pytest.fixture
async def other(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    monkeypatch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "ARGON2_PASSES", 1)
    app = create_app(settings_for(database_url))
    async with app.router.lifespan_context(app), at_a_place(app) as client:
        clock = Later()
        tokens = app.state.container.identity.tokens._tokens
        tokens._monotonic = tokens._known._monotonic = clock
        yield Node(client, clock)


Ending = Callable[[Somebody, Somebody, Tokens], Awaitable[Any]]


async def new_password(_: Somebody, emil: Somebody, lost: Tokens) -> None:
    mine = await emil.login(HIRED_PASSWORD)
    assert (await choose(emil.api, mine, HIRED_PASSWORD, "some hat on a shelf")).status_code == 204


async def reset(_: Somebody, emil: Somebody, lost: Tokens) -> None:
    assert (await emil.reset(await emil.sent())).status_code == 204


async def log_out(_: Somebody, emil: Somebody, lost: Tokens) -> None:
    await emil.api.post(f"{AUTH}/logout", json={"refresh_token": lost.refresh})


async def log_out_everywhere(_: Somebody, emil: Somebody, lost: Tokens) -> None:
    await emil.api.post(f"{AUTH}/logout-all", headers=lost.headers)


async def end_one(_: Somebody, emil: Somebody, lost: Tokens) -> None:
    mine = await emil.login(HIRED_PASSWORD)
    path = f"{AUTH}/sessions/{await own_id(emil.api, lost)}"
    assert (await emil.api.delete(path, headers=mine.headers)).status_code == 204


async def act(olga: Somebody, emil: Somebody, lost: Tokens, **how: Any) -> None:
    emil_id = show("usr", (await ids_of(emil.api, lost))[0])
    answer = await ask(olga.api, await olga.login(), emil_id, **how)
    assert answer.status_code in {200, 202}, answer.text


async def switch_off(olga: Somebody, emil: Somebody, lost: Tokens) -> None:
    await act(olga, emil, lost, action="deactivate")


async def change_role(olga: Somebody, emil: Somebody, lost: Tokens) -> None:
    await act(olga, emil, lost, role="buyer")


async def end_all(olga: Somebody, emil: Somebody, lost: Tokens) -> None:
    await act(olga, emil, lost, action="end-sessions")


async def send_reset(olga: Somebody, emil: Somebody, lost: Tokens) -> None:
    await act(olga, emil, lost, action="reset-password")


ENDINGS: tuple[Ending, ...] = (
    new_password,
    reset,
    log_out,
    log_out_everywhere,
    end_one,
    switch_off,
    change_role,
    end_all,
    send_reset,
)


async def test_the_other_node_refuses_the_session_within_five_seconds(
    olga: Somebody, other: Node
) -> None:
    """By whatever it ends; its refresh token is refused there at once."""
    assert ACCESS_SECONDS == 5.0
    bystander = await olga.login()
    for ending in ENDINGS:
        emil, lost = await olga.hire()
        assert (await me(other.api, lost)).status_code == 200
        await ending(olga, emil, lost)
        assert refusal(await me(olga.api, lost))[0] == 401, ending
        assert (await refresh(other.api, lost.refresh)).status_code == 401, ending
        other.clock.ahead += ACCESS_SECONDS
        assert refusal(await me(other.api, lost)) == (401, "auth.session_expired", []), ending
    assert (await me(other.api, bystander)).status_code == 200
    assert (await login(other.api, olga.email)).access


async def test_a_reuse_on_one_node_ends_the_session_on_the_other(
    olga: Somebody, other: Node
) -> None:
    """RT-01: the family and its access tokens; another session of the user goes on."""
    lost, kept = await olga.login(), await olga.login()
    for tokens in (lost, kept):
        assert (await me(other.api, tokens)).status_code == 200
    # The secret of the family with one that is not the present one: issued once, and replaced.
    stale = str(RefreshToken.read(lost.refresh).next())
    assert refusal(await refresh(olga.api, stale)) == (401, "auth.refresh_token_reused", [])
    assert (await refresh(other.api, lost.refresh)).status_code == 401
    other.clock.ahead += ACCESS_SECONDS
    assert refusal(await me(other.api, lost)) == (401, "auth.session_expired", [])
    assert (await me(other.api, kept)).status_code == 200


async def test_of_parallel_refreshes_on_two_nodes_one_wins(olga: Somebody, other: Node) -> None:
    """RT-02."""
    tokens = await olga.login()
    answers = await asyncio.gather(
        *(refresh(node, tokens.refresh) for node in [olga.api, other.api] * 4)
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * 7
