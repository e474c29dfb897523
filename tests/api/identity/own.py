"""Fixtures of tests that sign up and in against an application that no other test uses."""

from typing import Any

import httpx
import pytest


@pytest.fixture
def application(own_application: Any) -> Any:
    """Sign-in is throttled by address, and all tests come from one."""
    return own_application


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Its database."""
    return own_database_url


@pytest.fixture
def api(anonymous: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client nobody knows yet."""
    return anonymous
