"""A node that has its signing key."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.identity.fakes import add_key
from tests.unit.identity.stand import Stand


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    add_key(made.directory, made.ring, made.clock)
    await made.ring.load()
    yield made
    await made.tokens.close()
