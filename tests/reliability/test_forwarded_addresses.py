"""Whose address counts, on a real server: a caller cannot choose it by a header."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.company import PASSWORD
from tests.support.server import Server, served

OWNER = {"email": "owner@example.com", "password": PASSWORD}
FORGED = "203.0.113.9"
# What a server under uvicorn believes from 127.0.0.1 unless it is told otherwise.
BELIEVED = {
    "X-Forwarded-For": FORGED,
    "X-Forwarded-Proto": "https",
    "Forwarded": f"for={FORGED}",
    "X-Real-IP": FORGED,
}


def session_addresses(server: Server, logins: Sequence[dict[str, str]]) -> list[str]:
    """The address of the session that each login with these headers makes."""
    company = {"name": "Owner's", "currency": "GBP", "time_zone": "UTC"}
    with httpx.Client(base_url=f"{server.url}/api/v1") as client:
        made = client.post("/auth/register", json={**OWNER, "company": company})
        assert made.status_code == 201, made.text
        for headers in logins:
            login = client.post("/auth/login", json=OWNER, headers=headers)
            assert login.status_code == 200, login.text
        bearer = {"Authorization": f"Bearer {login.json()['access_token']}"}
        sessions = client.get("/auth/sessions", headers=bearer).json()["data"]
    assert len(sessions) == len(logins)
    return [each["address"] for each in sorted(sessions, key=lambda each: str(each["id"]))]


@pytest.mark.parametrize(
    "environment", [{}, {"FORWARDED_ALLOW_IPS": "*"}, {"TRUSTED_PROXIES": "10.0.0.0/8"}]
)
def test_a_caller_that_is_no_trusted_proxy_keeps_its_own_address(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    with served(url, tmp_path, "--no-demo", **environment) as server:
        assert session_addresses(server, [BELIEVED]) == ["127.0.0.1"]


def test_a_trusted_proxy_tells_the_address_of_its_caller(tmp_path: Path) -> None:
    expected = {
        FORGED: FORGED,
        f"198.51.100.7, {FORGED}": FORGED,  # what the caller wrote itself stands left of it
        f"{FORGED}, 127.0.0.1": FORGED,  # one trusted proxy behind another
        f"{FORGED}:4711": FORGED,
        "[2001:db8::1]:443": "2001:db8::/64",
        "2001:db8:0:1::2": "2001:db8:0:1::/64",
        f"::ffff:{FORGED}": FORGED,
        "unknown": "127.0.0.1",
        "": "127.0.0.1",
    }
    url = f"sqlite:///{tmp_path / 'proxied.db'}"
    with served(url, tmp_path, "--no-demo", TRUSTED_PROXIES="127.0.0.1") as server:
        found = session_addresses(server, [{"X-Forwarded-For": each} for each in expected])
    assert dict(zip(expected, found, strict=True)) == expected
