"""These tests sign up and in by themselves."""

import httpx
import pytest


@pytest.fixture
def api(anonymous: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client nobody knows yet."""
    return anonymous
