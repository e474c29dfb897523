"""Signing keys are rotated under load: several processes, and nobody is refused (JW-04, S1-40).

This rehearses "Rotate the signing keys" of SECURITY.md.
"""

import asyncio
import re
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
import pytest

from tests.conftest import drop, fresh_url
from tests.support.command import refusal, tradepost
from tests.support.ports import free_port
from tests.support.server import Server

ROTATIONS = 3
SECONDS_MAX = 60
PASSWORD = "a-long-walk-by-the-sea"  # pragma: allowlist secret


@dataclass
class Cluster:
    """The processes that serve one database, and what their clients saw."""

    url: str
    servers: list[Server]
    statuses: Counter[int] = field(default_factory=Counter)
    first_token: str = ""
    kids: list[str] = field(default_factory=list)  # of the keys that signed, as they were met
    next_kid: asyncio.Event = field(default_factory=asyncio.Event)

    def met(self, token: str) -> None:
        """Take down which key signed a token."""
        self.first_token = self.first_token or token
        kid = str(jwt.get_unverified_header(token)["kid"])
        if kid not in self.kids:
            self.kids.append(kid)
            self.next_kid.set()


def end(server: Server) -> None:
    if server.running:
        server.kill()


def register(cluster: Cluster) -> str:
    email = f"{uuid.uuid4().hex}@example.com"
    company = {"name": "North", "currency": "GBP", "time_zone": "UTC"}
    body = {"email": email, "password": PASSWORD, "company": company}
    answer = httpx.post(f"{cluster.servers[0].url}/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return email


async def shop(cluster: Cluster, email: str, done: asyncio.Event) -> None:
    """Sign in at one process, call another at once; refresh there, and call the first again."""
    async with httpx.AsyncClient(timeout=30) as client:
        turn = 0
        while not done.is_set():
            here, there = (
                cluster.servers[(turn + each) % len(cluster.servers)].url + "/api/v1/auth"
                for each in (0, 1)
            )
            turn += 1
            account = {"email": email, "password": PASSWORD}
            answer = await client.post(f"{here}/login", json=account)
            cluster.statuses[answer.status_code] += 1
            for place, other in ((there, here), (here, there)):
                tokens = answer.json()
                cluster.met(tokens["access_token"])
                headers = {"Authorization": f"Bearer {tokens['access_token']}"}
                for each in (place, other, place):
                    called = await client.get(f"{each}/me", headers=headers)
                    cluster.statuses[called.status_code] += 1
                body = {"refresh_token": tokens["refresh_token"]}
                answer = await client.post(f"{place}/refresh", json=body)
                cluster.statuses[answer.status_code] += 1
            await asyncio.sleep(0.03)


async def rotate(cluster: Cluster) -> None:
    newest = ""
    for _ in range(ROTATIONS):
        done = await asyncio.to_thread(tradepost, "keys", "rotate", "--database-url", cluster.url)
        assert done.returncode == 0, done.stderr
        said = re.match(r"The new signing key is ([0-9a-f]{16});", done.stdout)
        assert said is not None, done.stdout
        newest = said[1]
    async with asyncio.timeout(SECONDS_MAX):
        while newest not in cluster.kids:
            cluster.next_kid.clear()
            await cluster.next_kid.wait()


def test_keys_are_rotated_under_load_and_nobody_is_refused(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        clusters = []
        for dialect, processes in (("sqlite", 1), ("postgres", 2)):
            url = fresh_url(dialect, request, tmp_path)
            stack.callback(drop, url)
            servers = []
            for number in range(processes):
                log = tmp_path / f"{dialect}-{number}.log"
                server = Server(url, free_port(), log, "--no-demo")
                stack.callback(end, server)
                servers.append(server)
            clusters.append(Cluster(url, servers))
        for cluster in clusters:
            for server in cluster.servers:
                server.wait()
        asyncio.run(run(clusters))
        for cluster in clusters:
            check(cluster)


async def run(clusters: list[Cluster]) -> None:
    """Trade until the last key of every cluster signs."""
    done = asyncio.Event()
    shops = [
        asyncio.create_task(shop(cluster, register(cluster), done))
        for cluster in clusters
        for _ in cluster.servers
    ]
    await asyncio.gather(*(rotate(cluster) for cluster in clusters))
    done.set()
    await asyncio.gather(*shops)


def check(cluster: Cluster) -> None:
    assert set(cluster.statuses) == {200}, cluster.statuses
    shown = tradepost("keys", "list", "--database-url", cluster.url).stdout.splitlines()
    # Two nodes that start at once may each make a first key.
    assert len(shown) - ROTATIONS in {1, 2}
    assert [line.split()[-1] for line in shown].count("signs") == 1
    newest, oldest = shown[0].split()[0], shown[-1].split()[0]
    assert (cluster.kids[0], cluster.kids[-1]) == (oldest, newest)
    for server in cluster.servers:
        published = httpx.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
        assert [key["kid"] for key in published] == [line.split()[0] for line in shown]
        # What the first key signed is good until it expires.
        headers = {"Authorization": f"Bearer {cluster.first_token}"}
        assert httpx.get(f"{server.url}/api/v1/auth/me", headers=headers).status_code == 200


def test_under_another_secret_no_key_is_made(tmp_path: Path, sqlite_template: Path) -> None:
    """Nodes could not open it, and would sign with none."""
    file = tmp_path / "keys.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    assert tradepost("keys", "rotate", "--database-url", url).returncode == 0
    before = tradepost("keys", "list", "--database-url", url).stdout
    line = refusal("keys", "rotate", "--database-url", url, SECRET_KEY=f"another {uuid.uuid4()}")
    assert line.startswith("SECRET_KEY does not open the signing keys in the database")
    assert tradepost("keys", "list", "--database-url", url).stdout == before != ""
