"""The service as newcomers and operators meet it: the tour, and kill -9."""

import os
import re
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from tests.support.command import ROOT
from tests.support.ports import free_port
from tests.support.server import Server, served

ACCOUNT = {"email": "owner@example.com", "password": "a-long-walk-by-the-sea"}


def test_the_tour_of_the_readme_runs_as_written(tmp_path: Path) -> None:
    """UX-T1, S0-56: every line of the five minutes with curl, typed as it stands."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Five minutes with curl", 1)[1]
    match = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert match is not None
    with served(f"sqlite:///{tmp_path / 'tour.db'}", tmp_path, "--no-demo") as server:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", match[1]],
            env={"PATH": os.environ["PATH"], "API": f"{server.url}/api/v1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("True"), done.stdout
    assert '"status":"registered"' in done.stdout
    # Shown once: the repeat of the sale went to a variable.
    assert done.stdout.count('"change":"0.92"') == 1
    assert '"refund":"cash"' in done.stdout


def test_kill_9_loses_and_doubles_nothing(own_database_url: str, tmp_path: Path) -> None:
    """ID-04, RL-04: the server dies under load; what was acknowledged is there, once, and sound."""
    port = free_port()
    server = Server(own_database_url, port, tmp_path / "server.log", "--no-demo")
    server.wait()
    shop = _Shop(server.url)
    shop.open(stock=500)
    acknowledged: dict[str, Any] = {}
    unknown: list[str] = []
    clients = [
        threading.Thread(target=shop.sell_until_it_dies, args=(acknowledged, unknown))
        for _ in range(4)
    ]
    for client in clients:
        client.start()
    time.sleep(0.8)
    server.kill()
    for client in clients:
        client.join(30)
    assert acknowledged
    server = Server(own_database_url, port, tmp_path / "server.log", "--no-demo")
    server.wait()
    try:
        shop.login()
        for key in unknown:
            assert shop.sell(key).status_code == 201
        for key, body in acknowledged.items():
            again = shop.sell(key)
            assert (again.status_code, again.json()) == (201, body)
            assert again.headers["idempotent-replayed"] == "true"
        sold = len(acknowledged) + len(unknown)
        assert shop.get("/sales?include_total=true&limit=1")["total"] == sold
        assert shop.get(f"/stock-levels?product_id={shop.product_id}")["data"][0]["on_hand"] == str(
            500 - sold
        )
        assert shop.get("/reports/reconciliation")["ok"]
        assert shop.get("/reports/integrity")["ok"]
    finally:
        assert server.stop() == 0


def test_sigterm_turns_readiness_while_requests_are_still_taken(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """RL-12: a balancer sees that this process ends; a second signal does not wait for it."""
    file = tmp_path / "x.db"
    file.write_bytes(sqlite_template.read_bytes())
    with served(f"sqlite:///{file}", tmp_path, "--no-demo", STOP_GRACE_SECONDS="20") as server:
        assert httpx.get(f"{server.url}/readyz").headers.get("connection") != "close"
        server.ask_to_stop()
        while (ready := httpx.get(f"{server.url}/readyz")).status_code == 200:
            time.sleep(0.01)
        assert ready.status_code == 503
        taken = httpx.get(f"{server.url}/healthz")
        assert (taken.status_code, taken.headers["connection"]) == (200, "close")
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10


class _Shop:
    """A company that sells one product, over real HTTP."""

    def __init__(self, url: str) -> None:
        self._api = f"{url}/api/v1"
        self._headers: dict[str, str] = {}
        self.product_id = ""
        self._location_id = ""

    def login(self) -> None:
        answer = httpx.post(f"{self._api}/auth/login", json=ACCOUNT)
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def open(self, stock: int) -> None:
        company = {"name": "Crash", "currency": "GBP", "time_zone": "UTC"}
        httpx.post(f"{self._api}/auth/register", json={**ACCOUNT, "company": company})
        self.login()
        self._location_id = self.get("/locations")["data"][0]["id"]
        unit_id = self.get("/units?code=pcs")["data"][0]["id"]
        product = {"sku": "C", "name": "C", "unit_id": unit_id, "price": "1.00"}
        self.product_id = self.post("/products", product, "product").json()["id"]
        line = {"product_id": self.product_id, "quantity": str(stock), "unit_cost": "0.37"}
        opening = {"location_id": self._location_id, "reason": "opening", "lines": [line]}
        assert self.post("/adjustments", opening, "opening").status_code == 201

    def get(self, path: str) -> Any:
        return httpx.get(self._api + path, headers=self._headers, timeout=20).json()

    def post(self, path: str, body: Any, key: str) -> httpx.Response:
        headers = {**self._headers, "Idempotency-Key": key}
        return httpx.post(self._api + path, json=body, headers=headers, timeout=20)

    def sell(self, key: str) -> httpx.Response:
        body = {
            "location_id": self._location_id,
            "effective_at": None,
            "lines": [{"product_id": self.product_id, "quantity": "1"}],
            "tenders": [{"method": "cash"}],
        }
        return self.post("/sales", body, key)

    def sell_until_it_dies(self, acknowledged: dict[str, Any], unknown: list[str]) -> None:
        for _ in range(100):
            key = uuid.uuid4().hex
            try:
                answer = self.sell(key)
            except httpx.TransportError:
                unknown.append(key)
                return
            assert answer.status_code == 201
            acknowledged[key] = answer.json()
