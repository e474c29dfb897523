"""The log of every test of the edge goes to memory: unconfigured, structlog draws tracebacks."""

import io
from collections.abc import Iterator

import pytest

from tests.api.edge.support import captured_log


@pytest.fixture(autouse=True)
def log() -> Iterator[io.BytesIO]:
    """The lines that the test causes."""
    with captured_log() as buffer:
        yield buffer
