"""The generator of isolation probes: replaces every id of a request by one of another company.

It walks the OpenAPI document (``tests/support/references.py``) with two companies that have rows of
every kind (``tests/support/tenants.py``). A foreign id must be answered like one that never
existed, byte for byte; no answer may contain what only the other company has; and neither company
may change. The probes are in ``isolation_reads.py`` and ``isolation_writes.py``.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tests.support.company import Company
from tests.support.fingerprint import Fingerprint, changed
from tests.support.references import (
    ID,
    ITEM,
    Operation,
    Steps,
    is_made_by_the_client,
    prefixes_of,
    references,
    texts_of,
)
from tests.support.refusals import excerpt, fault_of
from tests.support.route import API, NOTHING, Answer, Route, Valid, encoded, renewed, send, tag
from tests.support.routes import ROUTES
from tests.support.tenants import Tenants

Place = tuple[str, str]  # the operation, and the parameter or member
Pair = tuple[str, str]  # an id of the other company, and one that never existed
# What differs between two answers to the same.
_PASSING: Final = frozenset({"x-request-id", "x-trace-id", "date", "content-length"})
_ASKED_AT: Final = re.compile(rb'"(as_known_at|recorded_to)":"[^"]*"')


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
        """Data of the other company was reached, or distinguished from what never existed."""
        self.crossings.append((operation, place, " | ".join(what)))

    def undecided(self, operation: str, place: str, *what: str) -> None:
        """The request was refused for another reason, so that nothing is proven."""
        self.inconclusive.append((operation, place, " | ".join(what)))


@dataclass(frozen=True, slots=True)
class Counted(Answer):
    """An answer, and how many statements it took."""

    statements: int = 0


class Probing:
    """Two companies, what was found so far, and what all probes need.

    ``only`` names the operations to try, by default all. ``statements`` returns the number of
    statements sent to the database so far.
    """

    def __init__(
        self, tenants: Tenants, *only: str, statements: Callable[[], int] = lambda: 0
    ) -> None:
        self.tenants = tenants
        self.statements = statements
        self.report = Report()
        self.foreign = {id_ for ids in tenants.foreign.ids.values() for id_ in ids}
        self._only = frozenset(only)

    def expected(self) -> set[Place]:
        """Every place of the document that takes an id, or a cursor."""
        found: set[Place] = set()
        for each in self.chosen():
            found |= {(each.name, name) for name in each.placeholders if name == "{id}"}
            for name, schema in each.query().items():
                if name == "cursor" or prefixes_of(self.tenants.contract, schema):
                    found.add((each.name, name))
            found |= {(each.name, shown_at(steps)) for steps in self.references(each.name)}
        return found

    def chosen(self) -> list[Operation]:
        """The operations to try."""
        return [
            each for each in self.tenants.operations if not self._only or each.name in self._only
        ]

    def reads(self) -> list[Operation]:
        """Those of them that show something of a company."""
        return [each for each in self.tenants.reads() if not self._only or each.name in self._only]

    def routes(self) -> list[Route]:
        """Those of them that change something, as the catalogue has them."""
        names = [each.name for each in self.chosen() if each.method != "GET"]
        return [ROUTES[name] for name in names]

    def schema(self, operation: str) -> Any:
        """The schema of a body, or None."""
        method, template = operation.split(" ")
        return self.tenants.contract.body_schema(method, API + template)

    def references(self, operation: str) -> dict[Steps, list[str]]:
        """Every place of a body that takes an id, with the prefixes."""
        schema = self.schema(operation)
        return {} if schema is None else references(self.tenants.contract, schema)

    def places(self, operation: str) -> list[tuple[Steps, list[str]]]:
        """Those of them that name something that must be there."""
        found = self.references(operation).items()
        return [(steps, kinds) for steps, kinds in found if not is_made_by_the_client(steps)]

    def own_paths(self, operation: Operation) -> list[str]:
        """The paths at which a company finds something of its own; two of each kind are enough."""
        if not operation.placeholders:
            return [operation.template]
        if operation.placeholders != ["{id}"]:
            return []
        own = self.tenants.own.of_list.get(operation.template.partition("/{id}")[0], [])
        return [operation.template.replace("{id}", each) for each in own[-2:]]

    def pairs(self, operation: str, place: str, prefixes: Iterable[str]) -> Iterator[Pair]:
        """Ids of the other company, each with one that never was.

        A kind without objects is left out, but never all kinds of a place.
        """
        ids = self.tenants.foreign.ids
        known = [each for each in prefixes if ids.get(each)]
        if not known:
            self.report.undecided(operation, place, "the other company has no", *prefixes)
        yield from ((ids[each][-1], self.tenants.missing[each]) for each in known)

    def judge(self, operation: str, place: str, pointer: str, answers: list[Answer]) -> None:
        """What a foreign id and a missing one were answered at a pointer."""
        self.report.tried(operation, place)
        foreign, missing = answers
        if plain(foreign) != plain(missing) or foreign.status < 400:
            self.report.crossed(operation, place, *map(excerpt, answers))
        elif missing.status == 401 and missing.json()["code"] == "auth.invalid_credentials":
            pass  # a login does not reveal which companies exist
        elif fault_of(missing) is not None or not _names(missing, pointer):
            self.report.undecided(operation, place, excerpt(missing))
        self.look_for_theirs(operation, place, foreign)

    async def mine(self, path: str) -> Answer:
        """What the company is shown."""
        return await self.send("GET", path)

    async def asked(
        self, route: Route, valid: Valid, company: Company | None = None, key: str | None = None
    ) -> Answer:
        """Change something; without a key of its own as a request that was never sent before."""
        headers = {**valid.headers, **route.key_header(key or tag())}
        body = valid.body if key else renewed(valid.body)
        raw = None if body is NOTHING else encoded(body)
        return await self.send(route.method, valid.path, headers, raw, company)

    async def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        company: Company | None = None,
    ) -> Answer:
        """Put a request to the application, and count what it asks of the database."""
        before = self.statements()
        answer = await send(company or self.tenants.mine, method, path, headers, body)
        return Counted(answer.status, answer.headers, answer.body, self.statements() - before)

    def look_for_theirs(self, operation: str, place: str, answer: Answer) -> None:
        """Whether an answer holds what only the other company has."""
        text = answer.body.decode()
        found = [each[0] for each in ID.finditer(text) if each[0] in self.foreign]
        if answer.headers.get("content-type", "").startswith("application/json") and text:
            found.extend(each for each in texts_of(answer.json()) if each in self.tenants.marks)
        if answer.status >= 500:
            self.report.crossed(operation, place, excerpt(answer))
        if found:
            self.report.crossed(operation, place, "shows what is not its own", *found[:3])

    @asynccontextmanager
    async def nothing_changes(self, what: str) -> AsyncIterator[None]:
        """Neither company changes."""
        before = await self.tenants.fingerprint()
        yield
        self._unchanged(what, before, await self.tenants.fingerprint())

    @asynccontextmanager
    async def they_stay(self, what: str) -> AsyncIterator[None]:
        """The other company does not change."""
        before = await self.tenants.fingerprint_of_theirs()
        yield
        self._unchanged(what, before, await self.tenants.fingerprint_of_theirs())

    def _unchanged(self, what: str, before: Fingerprint, after: Fingerprint) -> None:
        if difference := changed(before, after):
            self.report.crossed(what, "rows", str(difference))


def plain(answer: Answer) -> tuple[Any, ...]:
    """An answer without the ids of the request and its path.

    It includes the number of statements: a foreign id must not take longer (TE-05).
    """
    body = answer.body
    if answer.headers.get("content-type") == "application/problem+json":
        problem = answer.json()
        for name in ("request_id", "trace_id", "instance"):
            body = body.replace(orjson.dumps(problem.get(name)), b"", 1)
    headers = {name: each for name, each in answer.headers.items() if name not in _PASSING}
    return answer.status, body, headers, getattr(answer, "statements", 0)


def settled(answer: Answer) -> tuple[int, bytes]:
    """An answer without the instant that it was asked at."""
    return answer.status, _ASKED_AT.sub(b"", answer.body)


def _names(answer: Answer, pointer: str) -> bool:
    return any(each.get("pointer") == pointer for each in answer.json().get("errors", ()))


def shown_at(steps: Steps) -> str:
    """A place of a body, the items of its lists as one."""
    return "".join(f"/{step}" for step in steps).replace(f"/{ITEM}", "[]")
