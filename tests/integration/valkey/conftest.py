"""One server for the tests of this folder, empty at the start of each, and links to it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.infrastructure.cache.valkey import ValkeyLink
from tests.support.valkey import Valkey, valkey_server


@pytest.fixture(scope="module")
def one_server() -> Iterator[Valkey]:
    """Started once; a test that hurts it leaves it running."""
    with valkey_server() as server:
        yield server


@pytest.fixture
def server(one_server: Valkey) -> Valkey:
    """The server, empty."""
    one_server.empty()
    return one_server


@pytest.fixture
async def link(server: Valkey) -> AsyncIterator[ValkeyLink]:
    """A link with time enough for a machine that is busy."""
    made = ValkeyLink(server.url, timeout_seconds=2)
    await made.start()
    assert made.up
    yield made
    await made.stop()
