"""Null in a patch clears the member where the contract allows it, and is refused elsewhere."""

from typing import Any

from tests.support.company import Company
from tests.support.document import document, operations
from tests.support.route import API, encoded, send
from tests.support.routes import ROUTES

CLEARED: tuple[Any, ...] = (None, {})


def members_of(operation: dict[str, Any]) -> dict[str, bool]:
    """The members of a patch, and whether each may be null."""
    content = operation["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rsplit("/", 1)[1]
    members = document()["components"]["schemas"][name]["properties"]
    return {name: {"type": "null"} in own.get("anyOf", ()) for name, own in members.items()}


async def test_null_clears_a_member_or_is_refused(company: Company) -> None:
    seen = {True: 0, False: 0}
    for method, path, operation in operations():
        if method != "patch":
            continue
        valid = await ROUTES[f"PATCH {path.removeprefix(API)}"].prepare(company)
        version = valid.headers["If-Match"]
        for member, nullable in members_of(operation).items():
            seen[nullable] += 1
            headers = {**valid.headers, "If-Match": version}
            answer = await send(company, "PATCH", valid.path, headers, encoded({member: None}))
            assert answer.status == (200 if nullable else 422), (path, member, answer.body)
            if nullable:
                assert answer.json()[member] in CLEARED, (path, member)
                version = answer.headers["etag"]
    assert min(seen.values()) > 10
