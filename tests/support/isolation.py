"""The generator of tenant isolation: every id of a request swapped for one of another company.

It walks the OpenAPI document (``tests/support/references.py``) with two companies that have rows of
every kind (``tests/support/tenants.py``). A foreign id must be answered as one that never was, byte
for byte; no answer may hold what only the other company has; and neither company may change.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tests.support.fingerprint import changed
from tests.support.references import (
    ID,
    ITEM,
    Operation,
    is_made_by_the_client,
    placed,
    prefixes_of,
    query_of,
    references,
    texts_of,
)
from tests.support.refusals import fault_of, told
from tests.support.route import API, NOTHING, Answer, Route, Valid, encoded, renewed, send, tag
from tests.support.routes import ROUTES
from tests.support.tenants import Seen, Tenants

Place = tuple[str, str]  # the operation, and the parameter or member
# What differs between two answers to the same.
_PASSING: Final = frozenset({"x-request-id", "x-trace-id", "date", "content-length"})
_ASKED_AT: Final = re.compile(rb'"(as_known_at|until)":"[^"]*"')
_NOWHERE: Final = "nothing is called like this"


@dataclass
class Report:
    """What was tried, and what came of it."""

    probes: int = 0
    exercised: set[Place] = field(default_factory=set)
    crossings: list[tuple[str, str, str]] = field(default_factory=list)
    inconclusive: list[tuple[str, str, str]] = field(default_factory=list)

    def tried(self, operation: str, place: str) -> None:
        """A parameter or member was given a foreign id."""
        self.probes += 1
        self.exercised.add((operation, place))

    def crossed(self, operation: str, place: str, *what: str) -> None:
        """Something of the other company was reached, or told from what never was."""
        self.crossings.append((operation, place, " | ".join(what)))

    def undecided(self, operation: str, place: str, *what: str) -> None:
        """The request was refused for another reason, so that nothing is proven."""
        self.inconclusive.append((operation, place, " | ".join(what)))


class Isolation:
    """The probes; ``only`` names the operations to try, all of them unless given."""

    def __init__(self, tenants: Tenants, only: Iterable[str] = ()) -> None:
        self.tenants = tenants
        self.report = Report()
        self._only = frozenset(only)
        self._foreign = {id_ for ids in tenants.foreign.ids.values() for id_ in ids}
        self._foreign -= {id_ for ids in tenants.own.ids.values() for id_ in ids}

    async def run(self) -> Report:
        """Every probe. Those that take other companies' ids for their own come last."""
        await self.reads()
        await self.headers()
        await self.figures()
        await self.paths()
        await self.filters()
        await self.cursors()
        await self.bodies()
        await self.batches()
        await self.writes()
        await self.made_ids()
        return self.report

    def expected(self) -> set[Place]:
        """Every place of the document that takes an id, or a cursor."""
        found: set[Place] = set()
        for each in self._chosen():
            found |= {(each.name, name) for name in each.placeholders if name == "{id}"}
            for name, schema in each.query().items():
                if name == "cursor" or prefixes_of(self.tenants.contract, schema):
                    found.add((each.name, name))
            found |= {(each.name, _shown(steps)) for steps in self._references(each.name)}
        return found

    async def reads(self) -> None:
        """What a company is shown holds nothing that only the other one has."""
        for operation in self._reads():
            rows = {"limit": "200"} if "limit" in operation.query() else {}
            for path in self._own_paths(operation):
                base = self.tenants.base(operation, self.tenants.own)
                answer = await self._mine("GET", path + query_of({**rows, **base}))
                self.report.probes += 1
                if answer.status != 200:
                    self.report.undecided(operation.name, "read", told(answer))
                self._look_for_theirs(operation.name, "read", answer)

    async def headers(self) -> None:
        """TE-06: no header says whose data is meant."""
        theirs = self.tenants.foreign.ids["tnt"][0]
        named = dict.fromkeys(("X-Tenant-Id", "X-Company-Id", "Tenant", "X-Organization"), theirs)
        for operation in self._reads():
            path = next(iter(self._own_paths(operation)), None)
            if path is not None:
                path += query_of(self.tenants.base(operation, self.tenants.own))
                plain = await self._mine("GET", path)
                answer = await send(self.tenants.mine, "GET", path, named)
                self.report.probes += 1
                if settled(answer) != settled(plain):
                    self.report.crossed(operation.name, "headers", told(answer), told(plain))

    async def figures(self, *stirring: str) -> None:
        """S3-01: whatever the other company does, not one figure of this one is another."""
        reads = [
            path + query_of(self.tenants.base(each, self.tenants.own))
            for each in self._reads()
            for path in self._own_paths(each)
        ]
        before = {path: await self._mine("GET", path) for path in reads}
        for name in stirring or [each.operation for each in ROUTES.values() if each.status == 201]:
            route = ROUTES[name]
            valid = await route.prepare(self.tenants.theirs)
            await self._asked(route, valid, valid.body, self.tenants.theirs, tag())
        for path, answer in before.items():
            again = await self._mine("GET", path)
            self.report.probes += 1
            if settled(again) != settled(answer):
                self.report.crossed(f"GET {path}", "figures", told(answer), told(again))

    async def paths(self) -> None:
        """G-03, TE-05: a foreign id in a path is 404, as one that never was."""
        valid = {}
        chosen = [each for each in self._chosen() if "{id}" in each.placeholders]
        for operation in chosen:
            if operation.method != "GET":
                valid[operation.name] = await ROUTES[operation.name].prepare(self.tenants.mine)
        async with self._nothing_changes("path"):
            for operation in chosen:
                right = valid.get(operation.name, Valid(operation.template))
                await self._path(operation, right)

    async def filters(self) -> None:
        """TE-04: a filter by what the other company has finds what one by nothing finds."""
        for operation in self._reads():
            if operation.placeholders:
                continue
            base = self.tenants.base(operation, self.tenants.own)
            for name, schema in operation.query().items():
                for value, nothing in self._values(operation, name, schema):
                    answers = [
                        await self._mine("GET", operation.template + query_of({**base, name: each}))
                        for each in (value, nothing)
                    ]
                    self.report.tried(operation.name, name)
                    if answers[1].status != 200:
                        self.report.undecided(operation.name, name, told(answers[1]))
                    elif plain(answers[0]) != plain(answers[1]):
                        self.report.crossed(operation.name, name, *map(told, answers))

    async def cursors(self) -> None:
        """TE-04, AC-06: a cursor of another company, list, order or filter, or a changed one."""
        for operation in self._reads():
            if "cursor" not in operation.query() or operation.placeholders:
                continue
            found = await self._cursors(operation)
            if "foreign" in found:
                self.report.exercised.add((operation.name, "cursor"))
            else:
                self.report.undecided(operation.name, "cursor", "the other company has one row")
            base = self.tenants.base(operation, self.tenants.own)
            for kind, cursor in found.items():
                path = operation.template + query_of({**base, "cursor": cursor})
                answer = await self._mine("GET", path)
                self.report.probes += 1
                if answer.status != 400 or answer.json()["code"] != "common.cursor_invalid":
                    self.report.crossed(operation.name, "cursor", kind, told(answer))

    async def bodies(self) -> None:
        """TE-04: a foreign id in a body is refused as one that never was, at its pointer."""
        for route in self._routes():
            if route.key == "items" or not self._references(route.operation):
                continue
            schema = self._schema(route.operation)
            valid = await route.prepare(self.tenants.mine)
            async with self._nothing_changes(route.operation):
                for steps, prefixes in self._references(route.operation).items():
                    if is_made_by_the_client(steps):
                        continue
                    for foreign, missing in self._pairs(route.operation, _shown(steps), prefixes):
                        answers = []
                        for id_ in (foreign, missing):
                            body, pointer = placed(
                                self.tenants.contract, schema, valid.body, steps, id_
                            )
                            answers.append(await self._asked(route, valid, body))
                        self._judge(route.operation, _shown(steps), pointer, answers)

    async def batches(self) -> None:
        """TE-04: one foreign item among good ones refuses the whole, or is refused alone."""
        for route in self._routes():
            if route.key != "items":
                continue
            for steps, prefixes in self._references(route.operation).items():
                if not is_made_by_the_client(steps):
                    valid = await route.prepare(self.tenants.mine)
                    pairs = self._pairs(route.operation, _shown(steps), prefixes)
                    await self._batch(route, valid, steps, pairs)

    async def writes(self) -> None:
        """Every change of a company, under a key that the other one used, leaves that one alone."""
        for route in self._routes():
            key = tag()
            for company in (self.tenants.theirs, self.tenants.mine):
                valid = await route.prepare(company)
                if route.key == "items":
                    for at, item in enumerate(valid.body["items"]):
                        item["idempotency_key"] = f"{key}-{at}"
                before = await self.tenants.fingerprint_of_theirs()
                answer = await self._asked(route, valid, valid.body, company, key)
            self.report.probes += 1
            replayed = b'"replayed":true' in answer.body or "idempotent-replayed" in answer.headers
            if replayed or answer.status != route.status:
                self.report.crossed(route.operation, "idempotency key", told(answer))
            self._look_for_theirs(route.operation, "written", answer)
            self._unchanged(route.operation, before, await self.tenants.fingerprint_of_theirs())

    async def made_ids(self) -> None:
        """An id is free here whatever it names there, and what it names there stays."""
        for route in self._routes():
            for steps, prefixes in self._references(route.operation).items():
                if not is_made_by_the_client(steps):
                    continue
                [prefix] = prefixes
                id_ = self.tenants.foreign.ids[prefix].pop()
                self._foreign.discard(id_)
                schema = self._schema(route.operation)
                valid = await route.prepare(self.tenants.mine)
                body, _ = placed(self.tenants.contract, schema, valid.body, steps, id_)
                before = await self.tenants.fingerprint_of_theirs()
                answer = await self._asked(route, valid, body)
                self.report.tried(route.operation, _shown(steps))
                if answer.status != route.status or id_.encode() not in answer.body:
                    self.report.crossed(route.operation, _shown(steps), told(answer))
                self._look_for_theirs(route.operation, "written", answer)
                self._unchanged(route.operation, before, await self.tenants.fingerprint_of_theirs())

    # --- one probe ---------------------------------------------------------------------------------

    async def _path(self, operation: Operation, right: Valid) -> None:
        collection = operation.template.partition("/{id}")[0]
        theirs = self.tenants.foreign.of_list.get(collection)
        if not theirs:
            self.report.undecided(operation.name, "{id}", "no list shows an id of the other company")
            return
        answers = []
        for id_ in (theirs[-1], self.tenants.missing[theirs[-1][:3]]):
            path = operation.template.replace("{id}", id_)
            body = None if right.body is NOTHING else encoded(right.body)
            route = ROUTES.get(operation.name)
            key = {} if route is None else route.key_header(tag())
            headers = {**right.headers, **key}
            answers.append(await send(self.tenants.mine, operation.method, path, headers, body))
        self.report.tried(operation.name, "{id}")
        if plain(answers[0]) != plain(answers[1]) or answers[0].status < 400:
            self.report.crossed(operation.name, "{id}", *map(told, answers))
        elif fault_of(answers[1]) or answers[1].status != 404:
            self.report.undecided(operation.name, "{id}", told(answers[1]))

    async def _batch(
        self, route: Route, valid: Valid, steps: tuple[str, ...], pairs: Iterable[tuple[str, str]]
    ) -> None:
        contract, place = self.tenants.contract, _shown(steps)
        schema = contract.of_type(self._schema(route.operation), "object")
        item_schema = schema["properties"]["items"]["items"]
        good, other = valid.body["items"]
        for pair in pairs:
            bodies = []
            for id_ in pair:
                item, pointer = placed(contract, item_schema, other, steps[2:], id_)
                bodies.append({"items": [good, item]})
            async with self._nothing_changes(route.operation):
                whole = [await self._asked(route, valid, {**each, "atomic": True}) for each in bodies]
            self._judge(route.operation, place, f"/items/1{pointer}", whole)
            before = await self.tenants.fingerprint_of_theirs()
            apart = [await self._asked(route, valid, {**each, "atomic": False}) for each in bodies]
            self._unchanged(route.operation, before, await self.tenants.fingerprint_of_theirs())
            parts = [_items_of(each) for each in apart]
            if any(len(part) != 2 or part[0].status != 201 for part in parts):
                self.report.undecided(route.operation, place, "item by item", *map(told, apart))
            else:
                self._judge(route.operation, place, pointer, [part[1] for part in parts])

    def _judge(self, operation: str, place: str, pointer: str, answers: list[Answer]) -> None:
        """What a foreign id and a missing one were answered at a pointer."""
        self.report.tried(operation, place)
        foreign, missing = answers
        if plain(foreign) != plain(missing) or foreign.status < 400:
            self.report.crossed(operation, place, *map(told, answers))
        elif missing.status == 401 and missing.json()["code"] == "auth.invalid_credentials":
            pass  # a login tells nobody which companies there are
        elif fault_of(missing) is not None or not _names(missing, pointer):
            self.report.undecided(operation, place, told(missing))
        self._look_for_theirs(operation, place, foreign)

    async def _cursors(self, operation: Operation) -> dict[str, str]:
        """A cursor of every kind that this list must not take."""
        tenants, found = self.tenants, {}
        theirs = await self._first_cursor(operation, tenants.foreign, theirs=True)
        if theirs:
            found["foreign"] = theirs
        own = await self._first_cursor(operation, tenants.own)
        if own:
            found["changed"] = own[:-2] + ("AA" if own[-2:] != "AA" else "BB")
            found["cut"] = own[: len(own) // 2]
        orders = operation.query()["sort"].get("enum") or self.tenants.contract.branches(
            operation.query()["sort"]
        )[0].get("enum", ())
        for order in orders[1:2]:
            found["other order"] = await self._first_cursor(operation, tenants.own, sort=order)
        other = "/units" if operation.template != "/units" else "/accounts"
        listed = await self._mine("GET", f"{other}?limit=1")
        found["other list"] = listed.json()["next_cursor"]
        return {kind: cursor for kind, cursor in found.items() if cursor}

    async def _first_cursor(
        self, operation: Operation, seen: Seen, *, theirs: bool = False, **more: str
    ) -> str:
        company = self.tenants.theirs if theirs else self.tenants.mine
        query = query_of({**self.tenants.base(operation, seen), "limit": "1", **more})
        answer = await send(company, "GET", operation.template + query)
        assert answer.status == 200, told(answer)
        return answer.json()["next_cursor"] or ""

    # --- what is there to try ----------------------------------------------------------------------

    def _chosen(self) -> list[Operation]:
        return [
            each for each in self.tenants.operations if not self._only or each.name in self._only
        ]

    def _reads(self) -> list[Operation]:
        return [each for each in self.tenants.reads() if not self._only or each.name in self._only]

    def _routes(self) -> list[Route]:
        names = [each.name for each in self._chosen() if each.method != "GET"]
        return [ROUTES[name] for name in names]

    def _schema(self, operation: str) -> Any:
        method, template = operation.split(" ")
        return self.tenants.contract.body_schema(method, API + template)

    def _references(self, operation: str) -> dict[tuple[str, ...], list[str]]:
        schema = self._schema(operation)
        return {} if schema is None else references(self.tenants.contract, schema)

    def _own_paths(self, operation: Operation) -> list[str]:
        """The paths at which a company finds something of its own; two of each kind are enough."""
        if not operation.placeholders:
            return [operation.template]
        if operation.placeholders != ["{id}"]:
            return []
        own = self.tenants.own.of_list.get(operation.template.partition("/{id}")[0], [])
        return [operation.template.replace("{id}", each) for each in own[-2:]]

    def _values(
        self, operation: Operation, name: str, schema: Any
    ) -> Iterator[tuple[str, str]]:
        """Values of the other company for a parameter, each with one that means nothing."""
        tenants = self.tenants
        prefixes = prefixes_of(tenants.contract, schema)
        if prefixes:
            yield from self._pairs(operation.name, name, prefixes)
            return
        text = tenants.contract.of_type(schema, "string")
        if text is None or name in {"cursor", "sort"} or text.keys() & {"enum", "format"}:
            return
        longest = min(text.get("maxLength", 100), 100)
        yield from ((mark[:longest], _NOWHERE[:longest]) for mark in sorted(tenants.marks)[:3])

    def _pairs(
        self, operation: str, place: str, prefixes: Iterable[str]
    ) -> Iterator[tuple[str, str]]:
        """Ids of the other company, each with one that never was.

        A kind of which nobody has an object yet is left out, but never all kinds of a place.
        """
        ids = self.tenants.foreign.ids
        known = [each for each in prefixes if ids.get(each)]
        if not known:
            self.report.undecided(operation, place, "the other company has no", *prefixes)
        yield from ((ids[each][-1], self.tenants.missing[each]) for each in known)

    # --- requests and looks --------------------------------------------------------------------------

    async def _mine(self, method: str, path: str) -> Answer:
        return await send(self.tenants.mine, method, path)

    async def _asked(
        self,
        route: Route,
        valid: Valid,
        body: Any,
        company: Any = None,
        key: str | None = None,
    ) -> Answer:
        headers = {**valid.headers, **route.key_header(key or tag())}
        fresh = body if key else renewed(body)
        raw = None if fresh is NOTHING else encoded(fresh)
        return await send(company or self.tenants.mine, route.method, valid.path, headers, raw)

    def _look_for_theirs(self, operation: str, place: str, answer: Answer) -> None:
        """Whether an answer holds what only the other company has."""
        text = answer.body.decode()
        found = [each[0] for each in ID.finditer(text) if each[0] in self._foreign]
        if answer.headers.get("content-type", "").startswith("application/json") and text:
            found.extend(each for each in texts_of(answer.json()) if each in self.tenants.marks)
        if found:
            self.report.crossed(operation, place, "shows what is not its own", *found[:3])

    def _unchanged(self, operation: str, before: Any, after: Any) -> None:
        difference = changed(before, after)
        if difference:
            self.report.crossed(operation, "rows", str(difference))

    @asynccontextmanager
    async def _nothing_changes(self, operation: str) -> AsyncIterator[None]:
        before = await self.tenants.fingerprint()
        yield
        self._unchanged(operation, before, await self.tenants.fingerprint())


def plain(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what names the request: its ids, and the path that was asked for."""
    body = answer.body
    if answer.headers.get("content-type") == "application/problem+json":
        problem = answer.json()
        for name in ("request_id", "trace_id", "instance"):
            body = body.replace(orjson.dumps(problem.get(name)), b"", 1)
    headers = {name: each for name, each in answer.headers.items() if name not in _PASSING}
    return answer.status, body, headers


def settled(answer: Answer) -> tuple[int, bytes]:
    """An answer without the instant that it was asked at."""
    return answer.status, _ASKED_AT.sub(b"", answer.body)


def _items_of(answer: Answer) -> list[Answer]:
    """The answers of the items of a batch, as if each had been asked alone."""
    if answer.status != 207:
        return []
    return [
        Answer(
            item["status"],
            {"content-type": "application/problem+json" if item["status"] >= 400 else ""},
            orjson.dumps(item["body"]),
        )
        for item in answer.json()["items"]
    ]


def _names(answer: Answer, pointer: str) -> bool:
    return any(each.get("pointer") == pointer for each in answer.json().get("errors", ()))


def _shown(steps: tuple[str, ...]) -> str:
    return "".join(f"/{step}" for step in steps).replace(f"/{ITEM}", "[]")
