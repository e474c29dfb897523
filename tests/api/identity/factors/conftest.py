"""One application for these tests, whose clock is moved by hand and whose guesses are forgotten."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from app.bootstrap import build_app
from app.infrastructure.security import passwords
from tests.api.identity.factors.support import Hand, User
from tests.conftest import drop, fresh_url, settings_for


@pytest.fixture(scope="module")
async def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Any]]:
    """The application of each database; every test registers users of its own."""
    made: dict[str, Any] = {}
    async with AsyncExitStack() as stack:

        async def start(dialect: str) -> Any:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
                    patch.setattr(passwords, "ARGON2_PASSES", 1)
                    app = build_app(settings_for(url), Hand())
                await stack.enter_async_context(app.router.lifespan_context(app))
                made[dialect] = app
            return made[dialect]

        yield start


@pytest.fixture
async def application(started: Callable[[str], Any], dialect: str) -> Any:
    """The application, at the present instant; nobody guessed yet."""
    app = await started(dialect)
    container = app.state.container
    container.clock.now_again()
    container.identity.passwords.throttle._counts._counts.clear()
    return app


@pytest.fixture
def hand(application: Any) -> Hand:
    """Its clock."""
    clock: Hand = application.state.container.clock
    return clock


@pytest.fixture
async def user(application: Any) -> AsyncIterator[User]:
    """A new owner of a new company, signed in by password."""
    async with new_client(application) as client:
        yield await User.registered(client)


@pytest.fixture
async def other(application: Any) -> AsyncIterator[User]:
    """Another one, of another company."""
    async with new_client(application) as client:
        yield await User.registered(client)


def new_client(application: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")
