"""A user with a separate address: the throttles count by account and by address."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.api.identity.credentials.support import Somebody, at_a_place, new_email


@pytest.fixture
async def api(application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose network address no other test has."""
    async with at_a_place(application) as client:
        yield client


@pytest.fixture
async def olga(api: httpx.AsyncClient) -> Somebody:
    """The owner of a new company."""
    somebody = Somebody(api, new_email())
    await somebody.sign_up()
    return somebody
