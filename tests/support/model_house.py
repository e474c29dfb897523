"""A company under the model test: runs commands on the service and compares it with the model."""

import asyncio
import contextlib
import ssl
import uuid
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from app.domain.shared.ids import read
from app.infrastructure.security import passwords
from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import PASSWORD, Company
from tests.support.fingerprint import changed, rows_of
from tests.support.model import Figures, Model
from tests.support.model_money import Refused
from tests.support.model_steps import Command, Names
from tests.support.ports import free_port
from tests.support.server import Server

T = TypeVar("T")
# Never used: the server is on loopback, and to load the usual certificates takes 30 ms.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class House(ABC):
    """The service on a database, with its own event loop, because hypothesis has none."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.client: httpx.AsyncClient

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it on the loop."""
        return self._runner.run(work)

    def close(self) -> None:
        """Stop the service and end the loop."""
        self.run(self.stop())
        self._runner.close()

    @abstractmethod
    async def start(self) -> None:
        """Start the service."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop it."""

    @abstractmethod
    async def crash(self, request: httpx.Request) -> None:
        """Kill the service during a request, so that its answer is lost, and restart it."""

    @abstractmethod
    async def lose(self, request: httpx.Request) -> None:
        """Send a request without reading its answer."""


class InProcess(House):
    """The application, called through ASGI."""

    async def start(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
            patch.setattr(passwords, "ARGON2_PASSES", 1)
            app = create_app(settings_for(self.database_url))
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        self.client = await self._stack.enter_async_context(client)

    async def stop(self) -> None:
        await self._stack.aclose()

    async def crash(self, request: httpx.Request) -> None:
        await self.lose(request)
        await self.stop()
        await self.start()

    async def lose(self, request: httpx.Request) -> None:
        await self.client.send(request)


class Served(House):
    """The service as a process of its own, over real HTTP."""

    def __init__(self, database_url: str, folder: Path) -> None:
        super().__init__(database_url)
        self._log = folder / "server.log"
        self._port = free_port()

    async def start(self) -> None:
        self._server = Server(self.database_url, self._port, self._log, "--no-demo")
        await asyncio.to_thread(self._server.wait)
        self.client = httpx.AsyncClient(base_url=self._server.url, timeout=40, verify=_NO_TLS)

    async def stop(self) -> None:
        await self.client.aclose()
        await asyncio.to_thread(self._server.stop)

    async def crash(self, request: httpx.Request) -> None:
        """SIGKILL at an arbitrary moment during the request."""
        await self.lose(request)
        await self.client.aclose()
        await asyncio.to_thread(self._server.kill)
        await self.start()

    async def lose(self, request: httpx.Request) -> None:
        request.extensions["timeout"] = {"connect": 5.0, "write": 5.0, "read": 0.002, "pool": 5.0}
        with contextlib.suppress(httpx.ReadTimeout):
            await self.client.send(request)


@dataclass(frozen=True)
class Sent:
    """A command that was done, under its key, and what was answered."""

    command: Command
    key: str
    answer: httpx.Response


@dataclass
class Trader:
    """A company on the service, and the model that it must equal.

    ``changed`` is true if a command succeeded since the last audit; all other requests are known to
    have changed no row.
    """

    house: House
    model: Model = field(default_factory=Model)
    sent: list[Sent] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    changed: bool = True
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open(self) -> Names:
        """Register the company, with two locations, two suppliers and three customers."""
        account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
        settings = {"name": "Model", "currency": "GBP", "time_zone": "UTC"}
        answer = await self.house.client.post(
            "/api/v1/auth/register", json={**account, "company": settings}
        )
        assert answer.status_code == 201, answer.text
        answer = await self.house.client.post("/api/v1/auth/login", json=account)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        company = self.company
        yard = await company.post("/locations", {"code": "YARD", "name": "Yard"})
        self._tenant = read("cmp", (await company.get("/companies/current"))["id"])
        self._rows = await self._stack.enter_async_context(rows_of(self.house.database_url))
        return Names(
            locations=[await company.location(), yard["id"]],
            suppliers=[await company.contact(f"Supplier {n}", "supplier") for n in range(2)],
            customers=[await company.contact(f"Customer {n}") for n in range(3)],
            units={code: await company.first("/units", code=code) for code in ("pcs", "kg")},
            accounts={
                each["role"]: each["id"]
                for each in (await company.get("/accounts", limit=200))["data"]
            },
            vat=await company.first("/taxes", code="VAT20"),
        )

    async def close(self) -> None:
        """Close the look at its rows."""
        await self._stack.aclose()

    @property
    def company(self) -> Company:
        """Its client at the service as it runs now."""
        self.house.client.headers.update(self.headers)
        return Company(self.house.client, "")

    def request(self, asked: Command | Refused, key: str, **members: Any) -> httpx.Request:
        """A command under a key; ``members`` change its body."""
        return self.company.client.build_request(
            asked.method,
            "/api/v1" + asked.path,
            json={**asked.body, **members},
            headers={"Idempotency-Key": key, **asked.headers},
        )

    async def send(self, asked: Command | Refused, key: str, **members: Any) -> httpx.Response:
        """Put a command."""
        return await self.house.client.send(self.request(asked, key, **members))

    async def do(self, command: Command, key: str = "") -> None:
        """Run a command on the service and on the model."""
        key = key or uuid.uuid4().hex
        self.book(command, key, await self.send(command, key))

    def book(self, command: Command, key: str, answer: httpx.Response) -> None:
        """Apply a command to the model; the answer must show the figures of the model."""
        self.changed = True
        assert answer.status_code == command.status, answer.text
        agree(command.book(self.model, answer.json()), answer.json())
        self.sent.append(Sent(command, key, answer))

    async def refuse(self, refused: Refused, key: str = "") -> None:
        """Send a command that must be refused; neither the model nor any row changes."""
        before = await self.rows()
        answer = await self.send(refused, key or uuid.uuid4().hex)
        found = answer.status_code, answer.json().get("code")
        assert found == (refused.status, refused.code), answer.text
        await self.assert_unchanged(before)

    async def do_batch(self, *items: Command | Refused) -> None:
        """Run a batch in which refused items do not affect the others."""
        keys = [uuid.uuid4().hex for _ in items]
        answer = await self._batch(items, keys, atomic=False)
        self.changed = True
        assert answer.status_code == 207, answer.text
        for each, key, item in zip(items, keys, answer.json()["items"], strict=True):
            if isinstance(each, Refused):
                assert (item["status"], item["body"]["code"]) == (each.status, each.code), item
            else:
                assert item["status"] == each.status, item
                agree(each.book(self.model, item["body"]), item["body"])
                again = await self.send(each, key)
                assert again.headers["idempotent-replayed"] == "true"
                assert again.json() == item["body"]
                self.sent.append(Sent(each, key, again))

    async def refuse_batch(self, *items: Command | Refused) -> None:
        """Send an atomic batch that must be refused as a whole."""
        [refused] = [each for each in items if isinstance(each, Refused)]
        before = await self.rows()
        answer = await self._batch(items, [uuid.uuid4().hex for _ in items], atomic=True)
        found = answer.status_code, answer.json().get("code")
        assert found == (refused.status, refused.code), answer.text
        await self.assert_unchanged(before)

    async def _batch(
        self, items: Sequence[Command | Refused], keys: list[str], *, atomic: bool
    ) -> httpx.Response:
        asked = [
            {**each.body, "idempotency_key": key} for each, key in zip(items, keys, strict=True)
        ]
        path = f"/api/v1{items[0].path}/batch"
        return await self.company.client.post(path, json={"items": asked, "atomic": atomic})

    async def rows(self) -> Any:
        """The fingerprint of all rows of the company."""
        return await self._rows.fingerprint(self._tenant)

    async def assert_unchanged(self, before: Any) -> None:
        """Every row of the company is as it was."""
        same(changed(before, await self.rows()), {})

    async def assert_sound(self) -> None:
        """The auditor finds nothing, and every account has the balance of the model."""
        self.changed = False
        audit = await self.company.get("/reports/integrity")
        assert audit["ok"], [check for check in audit["checks"] if check["broken"]]
        same(await self._balances(), self.model.trial_balance())

    async def assert_equal(self) -> None:
        """Stock, its value, open items and documents are the model's; sub-ledgers agree."""
        same(await self._levels(), self.model.levels())
        valuation = {
            each["product_id"]: (each["quantity"], each["value"])
            for each in await self._all("/reports/stock-valuation")
        }
        same(valuation, self.model.valuation())
        items = {
            each["document_id"]: (each["side"], each["contact_id"], each["open"])
            for each in await self._all("/open-items")
            if each["open"] != "0.00"
        }
        same(items, self.model.open_items())
        counts = {kind: await self._count(kind) for kind in self.model.documents}
        same(counts, self.model.documents)
        reconciliation = await self.company.get("/reports/reconciliation")
        assert reconciliation["ok"], reconciliation

    async def _balances(self) -> dict[str, str]:
        balances = await self.company.balances()
        return {role: amount for role, amount in balances.items() if amount != "0.00"}

    async def _levels(self) -> dict[tuple[str, str], str]:
        return {
            (each["product_id"], each["location_id"]): each["on_hand"]
            for each in await self._all("/stock-levels")
            if each["on_hand"] != "0"
        }

    async def _count(self, kind: str) -> int:
        params: dict[str, Any] = {"source_kind": "journal"} if kind == "journal-entries" else {}
        page = await self.company.get(f"/{kind}", include_total="true", limit=1, **params)
        return int(page["total"])

    async def _all(self, path: str) -> list[Any]:
        rows: list[Any] = []
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = await self.company.get(path, **params)
            rows += page["data"]
            if not page["has_more"]:
                return rows
            params["cursor"] = page["next_cursor"]


def same(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """Compare both; a failure shows the expected and actual values that differ."""
    differing = {
        name: (found.get(name), expected.get(name))
        for name in {**found, **expected}
        if found.get(name) != expected.get(name)
    }
    assert differing == {}, differing


def agree(figures: Figures, answer: Any) -> None:
    """The answer contains each figure."""
    for name, figure in figures.items():
        if name == "lines":
            assert len(figure) == len(answer["lines"])
            for one, other in zip(figure, answer["lines"], strict=True):
                agree(one, other)
        else:
            assert answer[name] == figure, (name, figure, answer)
