"""Two companies on one database that have both used every operation, and what each can see.

Foreign data is not listed by hand: it is collected from the answers to the other company, so that a
new kind of object is included as soon as a list shows it.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from app.application.shared.permissions import PUBLIC, every_permission
from app.domain.shared.ids import Id, UlidFactory, read, show
from tests.support.company import PASSWORD, Company, register_company
from tests.support.every_operation import use_every_operation
from tests.support.fingerprint import Fingerprint, Rows, rows_of
from tests.support.mutations import Contract
from tests.support.references import ID, Operation, operations, prefixes_of, query_of, texts_of
from tests.support.route import API, Answer, request, send, tag
from tests.support.routes import ROUTES

_ROWS: Final = {"limit": "200"}
# These belong to a user and not to a company, and would prevent sign-in by password alone.
# tests/api/identity/factors tests those of other users.
_OF_USERS: Final = "/auth/mfa/security-keys"
_SHOWN_MAX: Final = 2  # objects of a list that are also looked at one by one
_DAYS: Final = {"effective_from": "2026-01-01", "effective_to": "2026-12-31"}
_TAG: Final = re.compile(r"[0-9a-f]{6}-[0-9]+", re.IGNORECASE)  # of ``tag()``: never used twice
# Made from an instant before any object: no object has these ids.
_new_id = UlidFactory(lambda: 1_000_000_000_000)


@dataclass
class Seen:
    """What the answers to a company hold."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    of_list: dict[str, list[str]] = field(default_factory=dict)  # the ids of its rows, by its path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # the rows themselves
    texts: set[str] = field(default_factory=set)

    def take(self, value: Any) -> None:
        """Remember the ids and the texts of an answer."""
        for text in texts_of(value):
            found = ID.fullmatch(text)
            if found is None:
                self.texts.add(text)
            elif text not in self.ids[found[1]]:
                self.ids[found[1]].append(text)


@dataclass
class Tenants:
    """``mine`` is the company that asks, ``theirs`` the one that must not be seen."""

    app: Any
    mine: Company
    theirs: Company
    rows: Rows
    contract: Contract
    tenant_ids: tuple[Id, Id]
    operations: tuple[Operation, ...]  # those that a member of a company can be permitted
    barred: tuple[Operation, ...]  # those of the operators
    own: Seen = field(default_factory=Seen)
    foreign: Seen = field(default_factory=Seen)
    marks: set[str] = field(default_factory=set)  # texts that only the other company has
    missing: dict[str, str] = field(default_factory=dict)

    async def fingerprint(self) -> Fingerprint:
        """What the database holds of both companies."""
        return await self.rows.fingerprint(*self.tenant_ids)

    async def fingerprint_of_theirs(self) -> Fingerprint:
        """What the database holds of the other company."""
        return await self.rows.fingerprint_of(self.tenant_ids[1])

    async def look(self) -> None:
        """Collect again what either company sees."""
        self.own, self.foreign = await self._seen(self.mine), await self._seen(self.theirs)
        own = {id_ for ids in self.own.ids.values() for id_ in ids}
        for found in (self.foreign.ids, self.foreign.of_list):  # what both have is not foreign
            for name, ids in found.items():
                found[name] = [each for each in ids if each not in own]
        prefixes = self.own.ids.keys() | self.foreign.ids.keys()
        for prefix in prefixes - self.missing.keys():
            self.missing[prefix] = show(prefix, _new_id())
        self.marks = {each for each in self.foreign.texts if _TAG.search(each)} - self.own.texts

    def reads(self) -> list[Operation]:
        """The operations that show data of a company; public and service ones are left out."""
        return [
            each
            for each in self.operations
            if each.method == "GET" and each.permission not in {"public", "system:read"}
        ]

    def base(self, operation: Operation, seen: Seen) -> dict[str, str]:
        """The parameters of the query that must be there, for the one who sees this."""
        values = {}
        for name, schema in operation.query(required=True).items():
            prefixes = prefixes_of(self.contract, schema)
            values[name] = seen.ids[prefixes[0]][0] if prefixes else _DAYS[name]
        return values

    async def _seen(self, company: Company) -> Seen:
        seen = Seen()
        lists = [each for each in self.reads() if not each.placeholders]
        # Those that must be given an id come last: it is one of those that the others show.
        for operation in sorted(lists, key=lambda each: len(each.query(required=True))):
            query = self.base(operation, seen)
            if "cursor" not in operation.query():
                seen.take(await shown(company, operation, query))
                continue
            rows = [row async for row in _rows(company, operation, query)]
            seen.take(rows)
            seen.of_list[operation.template] = [row["id"] for row in rows if "id" in row]
            seen.rows[operation.template] = rows
        for operation in self.reads():
            if len(operation.placeholders) == 1 and operation.template.endswith("/{id}"):
                for id_ in seen.of_list.get(operation.template.removesuffix("/{id}"), ())[
                    :_SHOWN_MAX
                ]:
                    path = operation.template.replace("{id}", id_)
                    seen.take((await get(company, path)).json())
        return seen


async def get(company: Company, path: str) -> Answer:
    """What a company is shown; must not be empty."""
    answer = await send(company, "GET", path)
    assert answer.status == 200, (path, answer.body)
    return answer


async def shown(company: Company, operation: Operation, query: dict[str, str]) -> Any:
    """What a company is shown at an operation."""
    return (await get(company, operation.template + query_of(query))).json()


async def _rows(
    company: Company, operation: Operation, query: dict[str, str]
) -> AsyncIterator[dict[str, Any]]:
    """Every row of a list."""
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = await shown(company, operation, {**_ROWS, **query, **cursor})
        for row in page["data"]:
            yield row


async def make_tenants(application: Any, database_url: str, stack: AsyncExitStack) -> Tenants:
    """Register both companies, which use every operation; ``stack`` closes their clients."""
    mine = await stack.enter_async_context(register_company(application, name="Mine"))
    theirs = await stack.enter_async_context(register_company(application, name="Theirs"))
    contract = Contract(application.openapi())
    every, of_members = tuple(operations(contract.document, API)), every_permission() | {PUBLIC}
    tenants = Tenants(
        app=application,
        mine=mine,
        theirs=theirs,
        rows=await stack.enter_async_context(rows_of(database_url)),
        contract=contract,
        tenant_ids=(await _tenant_id(mine), await _tenant_id(theirs)),
        operations=tuple(
            each
            for each in every
            if each.permission in of_members and not each.template.startswith(_OF_USERS)
        ),
        barred=tuple(each for each in every if each.permission not in of_members),
    )
    for company in (mine, theirs):
        await use_every_operation(application, company)
        await _once_more(company)
        await application.state.container.exporting.look(await _tenant_id(company))
    other = await stack.enter_async_context(register_company(application, name="Another"))
    await _join(other, theirs)
    await tenants.look()
    return tenants


async def _once_more(company: Company) -> None:
    """Make another object of every kind, so that each list has a second row."""
    for route in ROUTES.values():
        made = route.status == 201 or route.template == "/exports"
        if made and not route.template.startswith("/auth/"):
            valid = await route.prepare(company)
            answer = await request(company, route, valid, tag())
            assert answer.status == route.status, (route.operation, answer.body)


async def _join(company: Company, other: Company) -> None:
    """Make the owner of the other company a member here as well."""
    invitation = {"email": other.email, "role": "viewer"}
    token = (await company.post("/invitations", invitation))["token"]
    body = {"token": token, "password": PASSWORD}
    answer = await other.client.post(f"{API}/auth/join", json=body)
    assert answer.status_code == 204, answer.text


async def _tenant_id(company: Company) -> Id:
    return read("cmp", (await company.get("/auth/me"))["company_id"])
