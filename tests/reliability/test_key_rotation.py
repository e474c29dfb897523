"""Signing keys are rotated under load: several processes, and nobody is refused (JW-04, S1-40).

This rehearses "Rotate the signing keys" of SECURITY.md.
"""

import asyncio
import re
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
import pytest

from tests.conftest import drop, fresh_url
from tests.support.command import tradepost
from tests.support.server import Server, free_port

SECONDS = 4.5
ROTATIONS = 3
PASSWORD = "a-long-walk-by-the-sea"  # pragma: allowlist secret


@dataclass
class Cluster:
    """The processes that serve one database, and what their clients saw."""

    url: str
    servers: list[Server]
    statuses: Counter[int] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)

    @property
    def kids(self) -> list[str]:
        """The ids of the keys that signed, in the order in which they were met."""
        met = [str(jwt.get_unverified_header(token)["kid"]) for token in self.tokens]
        return list(dict.fromkeys(met))


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


async def shop(cluster: Cluster, email: str, until: float) -> None:
    """Sign in at one process, call another at once; refresh there, and call the first again."""
    async with httpx.AsyncClient(timeout=30) as client:
        turn = 0
        while time.monotonic() < until:
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
                cluster.tokens.append(tokens["access_token"])
                headers = {"Authorization": f"Bearer {tokens['access_token']}"}
                for each in (place, other, place):
                    called = await client.get(f"{each}/me", headers=headers)
                    cluster.statuses[called.status_code] += 1
                body = {"refresh_token": tokens["refresh_token"]}
                answer = await client.post(f"{place}/refresh", json=body)
                cluster.statuses[answer.status_code] += 1
            await asyncio.sleep(0.03)


async def rotate(cluster: Cluster) -> None:
    for _ in range(ROTATIONS):
        done = await asyncio.to_thread(tradepost, "keys", "rotate", "--database-url", cluster.url)
        assert done.returncode == 0, done.stderr
        assert re.match(r"The new signing key is [0-9a-f]{16};", done.stdout)
        await asyncio.sleep(0.3)


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
    emails = [[register(cluster) for _ in range(2)] for cluster in clusters]
    until = time.monotonic() + SECONDS
    await asyncio.gather(
        *(rotate(cluster) for cluster in clusters),
        *(
            shop(cluster, email, until)
            for cluster, known in zip(clusters, emails, strict=True)
            for email in known
        ),
    )


def check(cluster: Cluster) -> None:
    assert set(cluster.statuses) == {200}, cluster.statuses
    shown = tradepost("keys", "list", "--database-url", cluster.url).stdout.splitlines()
    assert len(shown) == 1 + ROTATIONS
    assert [line.split()[-1] for line in shown].count("signs") == 1
    newest, oldest = shown[0].split()[0], shown[-1].split()[0]
    assert (cluster.kids[0], cluster.kids[-1]) == (oldest, newest)
    for server in cluster.servers:
        published = httpx.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
        assert [key["kid"] for key in published] == [line.split()[0] for line in shown]
        # What the first key signed is good until it expires.
        headers = {"Authorization": f"Bearer {cluster.tokens[0]}"}
        assert httpx.get(f"{server.url}/api/v1/auth/me", headers=headers).status_code == 200
