"""Every operation answers the same through our routing and calling and through FastAPI's (0013).

Two applications serve one database: one with INDEXED_ROUTING and PREPARED_CALLS, one without. Each
request goes to both, and status, headers and body are compared. A refused request and a read change
nothing, so their answers are compared whole. A command is carried out through each, upon objects of
its own; what differs from one object to the next is masked.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import routing
from fastapi.dependencies import utils as dependencies

from app.api.route import ApiRoute
from app.infrastructure.security import passwords
from app.main import create_app
from tests.conftest import Running, settings_for
from tests.support.company import Company
from tests.support.references import ID
from tests.support.route import API, LEFT_OUT, NOTHING, Answer, request, send, tag
from tests.support.routes import ROUTES
from tests.support.world import World, make_world
from tests.support.wrong_queries import base_of, reads, some_path, wrong_queries
from tests.support.wrong_requests import requests_of

METHODS = ("HEAD", "OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
# Each request has its own; neither way has a part in them.
OF_THE_REQUEST = ("x-request-id", "x-trace-id")
ASKED_AT = re.compile(rb'"(as_known_at|until)":"[^"]*"')
# What these tell is counted in each application, or measured.
COUNTED = {"/metrics", f"{API}/stats", f"{API}/health/detailed"}
PARAMETER = re.compile(r"\{\w+\}")
# What differs between two objects, and the digits of whatever counts or was drawn by lot.
VARYING = (
    (ID, r"\1_"),
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?"), "day"),
    (re.compile(r"\b[0-9a-fA-F]{6}-\d+"), "tag"),
    (re.compile(r"eyJ[\w.-]+"), "jwt"),
    (re.compile(r"(?<=[_\"])[\w-]{30,}"), "secret"),
    (re.compile(r"\b[A-Z2-7]{32}\b|owner-[0-9a-f]{12}|\b[0-9a-z]{4}(-[0-9a-z]{4}){5}"), "drawn"),
    (re.compile(r"Europe/\w+"), "zone"),
    (re.compile(r"\d+"), "0"),
)


@pytest.fixture
def dialect() -> str:
    """The edge stands above the database: one of them is enough."""
    return "sqlite"


@dataclass
class Ways:
    """The same companies through both applications."""

    world: World
    app: Any
    ours: Company
    fastapis: Company
    different: list[Any] = field(default_factory=list)
    compared: int = 0

    async def compare(self, name: str, ask: Callable[[Company], Awaitable[Answer]]) -> Answer:
        """Send the same request through both; what differs is remembered."""
        one, other = await ask(self.ours), await ask(self.fastapis)
        self.note(name, whole(one), whole(other))
        return one

    async def send(self, name: str, method: str, path: str, *more: Any) -> Answer:
        """Compare what a request is answered."""
        return await self.compare(name, lambda company: send(company, method, path, *more))

    async def ask(self, method: str, path: str, *, counted: bool = False) -> None:
        """Compare what a request of nobody to any path is answered."""
        answers = []
        for company in (self.ours, self.fastapis):
            nobody = httpx.Request(method, f"http://test{path}")
            got = await company.client.send(nobody)
            # The server sends no body of a HEAD.
            body = b"" if counted or method == "HEAD" else got.content
            answers.append(Answer(got.status_code, dict(got.headers), body))
        self.note(f"{method} {path}", *map(masked if counted else whole, answers))

    def note(self, name: str, one: Any, other: Any) -> None:
        """Remember two answers that differ."""
        self.compared += 1
        if one != other:
            self.different.append((name, one, other))


def whole(answer: Answer) -> tuple[Any, ...]:
    """An answer without the ids of its request."""
    body = answer.body
    for name in OF_THE_REQUEST:
        body = body.replace(answer.headers[name].encode(), b"")
    body = ASKED_AT.sub(b"", body)
    headers = {name: each for name, each in answer.headers.items() if name not in OF_THE_REQUEST}
    return answer.status, headers, body


def filled(template: str) -> str:
    """A path with something in place of its parameters."""
    return PARAMETER.sub("common.not_found" if "errors" in template else "x", template)


def masked(answer: Answer) -> tuple[Any, ...]:
    """An answer without what differs between two objects of the same kind."""
    status, headers, body = whole(answer)
    headers.pop("content-length", None)
    return status, _masked(repr(sorted(headers.items()))), _masked(body.decode())


def _masked(text: str) -> str:
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


@pytest.fixture(scope="module")
async def ways(running: Callable[[str], Awaitable[Running]]) -> AsyncIterator[Ways]:
    async with AsyncExitStack() as stack:
        shared = await running("sqlite")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
            patch.setattr(passwords, "ARGON2_PASSES", 1)
            plain = settings_for(shared.url, indexed_routing=False, prepared_calls=False)
            app = create_app(plain)
        await stack.enter_async_context(app.router.lifespan_context(app))
        world = await make_world(shared.app, shared.url, stack)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        await stack.enter_async_context(client)
        client.headers["Authorization"] = world.company.client.headers["Authorization"]
        twin = Company(client, world.company.email)
        yield Ways(world, app, world.company, twin)


@pytest.fixture
def compared(ways: Ways) -> Ways:
    """The ways of one test."""
    return replace(ways, different=[], compared=0)


async def test_the_ways_are_two(compared: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    """FastAPI walks the dependencies of the one application only."""
    walked: list[str] = []
    walk = dependencies.solve_dependencies

    async def noted(*, request: Any, **more: Any) -> Any:
        walked.append(request.url.path)
        return await walk(request=request, **more)

    monkeypatch.setattr(routing, "solve_dependencies", noted)
    for company, expected in ((compared.ours, False), (compared.fastapis, True)):
        walked.clear()
        assert (await send(company, "GET", "/units")).status == 200
        assert bool(walked) == expected


@pytest.mark.parametrize("operation", ROUTES)
async def test_a_command(compared: Ways, operation: str) -> None:
    """Carried out, and refused for everything that can be wrong with it."""
    route = ROUTES[operation]
    answers = []
    for company in (compared.ours, compared.fastapis):
        valid = await route.prepare(company)
        answers.append(await request(company, route, valid, key=tag()))
    assert [each.status for each in answers] == [route.status] * 2, answers
    compared.note("valid", *map(masked, answers))
    valid = await route.prepare(compared.ours)
    headers = {**valid.headers, **route.key_header("wrong")}
    for wrong in requests_of(compared.world, route, valid, headers):
        name, body = wrong.mutation.name, wrong.mutation.body
        await compared.send(name, route.method, wrong.path, wrong.headers, body)
    if valid.body is not NOTHING:
        await compared.send("no body", route.method, valid.path, headers)
    nobody = {**headers, "authorization": "Bearer nobody"}
    await compared.send("nobody, no JSON", route.method, valid.path, nobody, b"{")
    assert compared.different == []
    assert compared.compared > 10


async def test_every_read(compared: Ways) -> None:
    """What there is, what there is not, to nobody, and with every wrong parameter."""
    world = replace(compared.world, company=compared.world.other)
    owner = {"authorization": world.company.client.headers["authorization"]}
    shown = 0
    for path, parameters in reads(world):
        base = await base_of(world, parameters)
        bare = some_path(world, path)
        here = f"{bare}?{urlencode(base)}"
        answer = await compared.send(path, "GET", here, owner)
        shown += answer.status == 200
        known = {**owner, "if-none-match": answer.headers.get("etag", '"1"')}
        await compared.send(f"{path}, known", "GET", here, known)
        await compared.send(f"{path}, nobody", "GET", here, {"authorization": LEFT_OUT})
        for id_ in (*world.ids.missing.values(), "x") if "{" in path else ():
            missing = path.replace("{id}", id_).replace("{period}", id_)
            await compared.send(f"{path}, {id_}", "GET", missing, owner)
        for name, query, _ in wrong_queries(world, parameters, base):
            await compared.send(f"{path}, {name}", "GET", f"{bare}?{query}", owner)
    assert compared.different == []
    assert shown > 55


async def test_every_method_of_every_path(compared: Ways) -> None:
    """Of all routes, also those that the document does not show, and of paths that are nothing."""
    routes = [each for each in compared.app.router.routes if isinstance(each, ApiRoute)]
    declared = {(method, each.path) for each in routes for method in each.methods or ()}
    paths = {each.path for each in routes}
    for template in sorted(paths):
        path = filled(template)
        for method in METHODS:
            await compared.ask(method, path, counted=template in COUNTED)
        for other in (f"{path}/", f"{path}/x", f"/{path}", f"{path}%0A", f"{path}?colour=red"):
            await compared.ask("GET", other, counted=template in COUNTED)
        words = path.split("/")
        for at in range(1, len(words)):
            await compared.ask("GET", "/".join([*words[:at], "x", *words[at + 1 :]]))
    assert compared.different == []
    assert len(declared) > 180
