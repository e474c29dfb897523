"""The service keeps to its OpenAPI document, whatever is sent: schemathesis, all its checks."""

import asyncio
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reliability.faults.limits import LONG
from tests.support import schema_checks
from tests.support.command import ROOT
from tests.support.company import PASSWORD, Company
from tests.support.route import API, NOTHING, tag
from tests.support.routes import ROUTES
from tests.support.server import served

PHASES = {"examples", "coverage", "fuzzing", "stateful"}
OWNER, STRANGER = "owner@example.com", "stranger@example.com"
# Of others, or prepared within the process of the service.
_OF_OTHERS = (
    "/auth/",
    "/platform/",
    "/companies/current/schedule-deletion",
    "/companies/current/cancel-deletion",
    "/exports",
)
SEED = 20_260_331


@dataclass(frozen=True)
class Size:
    """How many requests of each operation, and walks through the service; how long at most."""

    examples: int
    walks: int
    coverage: str
    seconds_max: int


# What has not its form is refused before a database is asked, so the short form asks one.
SIZES = {"sqlite": Size(examples=2, walks=10, coverage="all", seconds_max=600)}
SIZES_LONG = {
    "sqlite": Size(examples=100, walks=200, coverage="all", seconds_max=7200),
    "postgres": Size(examples=30, walks=50, coverage="all", seconds_max=7200),
}

# The limits are in force, so that their headers are checked too, but nothing reaches them.
ENVIRONMENT = {
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_AUTH_PER_MINUTE": "1000000",
    "RATE_LIMIT_AUTH_BURST": "1000000",
    "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "1000000",
    "RATE_LIMIT_ANONYMOUS_BURST": "1000000",
    "RATE_LIMIT_PUBLIC_PER_MINUTE": "1000000",
    "RATE_LIMIT_PRINCIPAL_PER_MINUTE": "1000000",
    "REGISTER_SECONDS_MIN": "0",
}

# Nothing is left out. What schemathesis allows by default is narrowed: to no valid request the
# answer is 5xx. `schema_checks` judges what 4xx is left, and is the stricter one: it takes 403 and
# 429 only where a proof is asked for. The header that may be missing with 428 is If-Match.
CONFIG = """
hooks = "{hooks}"
workers = 2
continue-on-failure = true
request-timeout = 30

[generation]
mode = "all"
max-examples = {size.examples}
database = "none"

[phases.coverage.generation]
mode = "{size.coverage}"

[phases.stateful]
max-steps = 10

[phases.stateful.generation]
max-examples = {size.walks}

[auth.wfc]
path = "{accounts}"
user = "{owner}"
peers = ["{owner}", "{stranger}"]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 400, 401, 403, 404, 405, 409, 412, 422, 429]

[checks.missing_required_header]
expected-statuses = [400, 401, 428]

[reports.json]
path = "{report}"
"""


async def trade(url: str) -> None:
    """Register two companies; the owner uses every operation that changes something."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        for email in (STRANGER, OWNER):
            company = {"name": "Fuzzed", "currency": "GBP", "time_zone": "UTC"}
            account = {"email": email, "password": PASSWORD, "company": company}
            answer = await client.post(f"{API}/auth/register", json=account)
            assert answer.status_code == 201, answer.text
            account = {"email": email, "password": PASSWORD}
            answer = await client.post(f"{API}/auth/login", json=account)
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            owned = Company(client, email)
            # Both have the current month: what only one of them lists is taken to be its secret.
            await owned.open_stock("1", "1.00", await owned.product("FIRST"))
        for route in ROUTES.values():
            if route.template.startswith(_OF_OTHERS) or route.template == "/companies":
                continue  # leaves nothing in the company
            valid = await route.prepare(owned)
            body = None if valid.body is NOTHING else valid.body
            headers = {**route.key_header(tag()), **valid.headers}
            path = API + valid.path
            answer = await client.request(route.method, path, json=body, headers=headers)
            assert answer.status_code == route.status, (route.operation, answer.text)


def account(email: str) -> dict[str, Any]:
    """How schemathesis signs somebody in: at first, and after each 401, as logout-all brings."""
    login = {
        "verb": "POST",
        "endpoint": f"{API}/auth/login",
        "contentType": "application/json",
        "payloadRaw": json.dumps({"email": email, "password": PASSWORD}),
        "token": {
            "extractFrom": "body",
            "extractSelector": "/access_token",
            "sendIn": "header",
            "sendName": "Authorization",
            "sendTemplate": "Bearer {token}",
        },
    }
    return {"name": email, "loginEndpointAuth": login}


def schemathesis(url: str, folder: Path, seed: int, size: Size) -> Any:
    """Run every phase with every check; the report."""
    accounts, config, report = (folder / name for name in ("wfc.json", "st.toml", "report.json"))
    accounts.write_text(json.dumps({"auth": [account(OWNER), account(STRANGER)]}))
    config.write_text(
        CONFIG.format(
            hooks=schema_checks.__file__,
            size=size,
            accounts=accounts,
            owner=OWNER,
            stranger=STRANGER,
            report=report,
        )
    )
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    options = ["--no-color", "--checks", "all", "--seed", str(seed)]
    subprocess.run(
        [*command, *options, f"{url}/openapi.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=size.seconds_max,
        check=False,
    )
    return json.loads(report.read_text())


@pytest.mark.parametrize("dialect", SIZES_LONG if LONG else SIZES)
def test_whatever_is_sent(database: str, dialect: str, tmp_path: Path) -> None:
    """Every operation, phase and check; valid data and invalid; two companies apart."""
    seed = random.SystemRandom().randrange(2**32) if LONG else SEED
    size = (SIZES_LONG if LONG else SIZES)[dialect]
    with served(database, tmp_path, "--no-demo", **ENVIRONMENT) as server:
        asyncio.run(trade(server.url))
        documented = httpx.get(f"{server.url}/openapi.json").json()["paths"].values()
        found = schemathesis(server.url, tmp_path, seed, size)
    operations = sum(len(methods) for methods in documented)
    print(f"seed {seed}:", found["test_cases"], found["operations"])
    assert (found["failures"], found["errors"]) == ([], []), seed
    assert found["exit_code"] == 0
    assert found["operations"]["tested"] == operations
    assert {name for name, phase in found["phases"].items() if phase["status"]} >= PHASES
    assert all(found["phases"][name]["status"] == "success" for name in PHASES)
