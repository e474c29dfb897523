"""Processes of one service that count together (S0-25)."""

from pathlib import Path

import httpx

from tests.support.server import served
from tests.support.valkey import valkey_server

API = "/api/v1"


def test_two_processes_share_one_budget(sqlite_database: str, tmp_path: Path) -> None:
    """S0-25: as an operator runs them."""
    with valkey_server() as server:
        environment = {
            "RATE_LIMIT_ENABLED": "true",
            "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "1",
            "RATE_LIMIT_ANONYMOUS_BURST": "10",
            "VALKEY_URL": server.url,
            "VALKEY_TIMEOUT_SECONDS": "2",
        }
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        with (
            served(sqlite_database, folders[0], "--no-demo", **environment) as one,
            served(sqlite_database, folders[1], "--no-demo", **environment) as two,
        ):
            urls = [one.url, two.url] * 7
            codes = [httpx.get(f"{url}{API}/units").status_code for url in urls]
        assert codes == [401] * 10 + [429] * 4
