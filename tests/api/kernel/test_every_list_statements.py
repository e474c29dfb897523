"""Every list is one statement, however many rows it has and whatever is asked of it.

A new list joins by itself. What binds the transaction to its company and what knows the caller are
not statements of the list.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from tests.support.company import Company
from tests.support.document import document
from tests.support.every_operation import use_every_operation
from tests.support.operators import make_operator
from tests.support.references import Operation, operations, query_of
from tests.support.route import API
from tests.support.statements import Counter, counted

_NOT_OF_LISTS: Final = re.compile(
    r"set_config|^(BEGIN|COMMIT|ROLLBACK|SET)\b|\bmfa_required\b|operator_sessions", re.IGNORECASE
)
# Operators say why they look, which a command keeps first; these columns are of the lists alone.
_LOOKS: Final = {"/platform/companies": "member_count", "/platform/users": "company_count"}
# Few rows, which are read at once and counted in memory.
_READ_WHOLE: Final = {"/roles"}
_PAGING: Final = {"cursor", "page", "per_page", "sort", "limit", "include_total", "as_known_at"}
_VALUES: Final = {
    "as_of": "2026-12-31",
    "effective_from": "2026-01-01",
    "effective_to": "2026-12-31",
    "recorded_from": "2020-01-01T00:00:00Z",
    "recorded_to": "2100-01-01T00:00:00Z",
    "reason": "Audit",
    "q": "a",
}


class Asking:
    """Asks lists, and says how many statements each answer took."""

    def __init__(self, company: Company, operator: dict[str, str], counter: Counter) -> None:
        self._company = company
        self._operator = operator
        self._counter = counter

    async def ask(self, listed: Operation, query: dict[str, str]) -> tuple[dict[str, Any], int]:
        """The page, and the number of statements."""
        self._counter.log.clear()
        headers = self._operator if listed.template.startswith("/platform/") else {}
        path = API + listed.template + query_of(query)
        answer = await self._company.client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        statements = [sql for sql in self._counter.log if not _NOT_OF_LISTS.search(sql)]
        own = _LOOKS.get(listed.template, "")
        statements = [sql for sql in statements if own in sql]
        return answer.json(), len(statements)

    async def base(self, listed: Operation) -> dict[str, str]:
        """What must be asked."""
        found = {name: _VALUES.get(name, "") for name in listed.query(required=True)}
        if "account_id" in found:
            found["account_id"] = await self._company.first("/accounts", role="stock")
        return found


def lists() -> list[Operation]:
    """The operations that answer a page."""
    every = operations(document(), API)
    return [each for each in every if each.method == "GET" and "cursor" in each.query()]


def queries(listed: Operation, row: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Every order, filter and search of a list by itself; ``row`` is one that it has."""
    parameters = listed.query()
    for order in parameters["sort"]["enum"]:
        yield {"sort": order}
    for name in parameters.keys() - _PAGING - listed.query(required=True).keys():
        value = row.get(name) or _VALUES.get(name)
        if isinstance(value, bool):
            value = str(value).lower()
        if value:
            yield {name: value}


async def test_every_list_is_one_statement(company: Company, application: Any) -> None:
    """S2-12, S4-05: of few rows and of many, in each order, with each filter, on a later page."""
    operator = await make_operator(application)
    asked = 0
    with counted() as counter:
        asking = Asking(company, operator, counter)
        for _ in range(2):
            await use_every_operation(application, company)
            for listed in lists():
                base = await asking.base(listed)
                page, statements = await asking.ask(listed, {**base, "limit": "200"})
                assert statements == 1, (listed.name, counter.log)
                assert page["data"] or listed.template == "/auth/mfa/security-keys", listed.name
                for query in queries(listed, (page["data"] or [{}])[0]):
                    _, statements = await asking.ask(listed, {**base, **query})
                    assert statements == 1, (listed.name, query, counter.log)
                    asked += 1
                first, _ = await asking.ask(listed, {**base, "limit": "1"})
                if first["next_cursor"] is not None:
                    later = {**base, "limit": "1", "cursor": first["next_cursor"]}
                    _, statements = await asking.ask(listed, later)
                    assert statements == 1, (listed.name, "cursor", counter.log)
                _, statements = await asking.ask(listed, {**base, "include_total": "true"})
                counting = 0 if listed.template in _READ_WHOLE else 1
                assert statements == 1 + counting, (listed.name, "include_total", counter.log)
    print(f"{len(lists())} lists, {asked} queries")
    assert len(lists()) >= 36
    assert asked >= 200
