"""The requirements on every refusal."""

from app.api.locales import Catalogue
from tests.support.mutations import MANY_DIGITS, MARK, Mutation
from tests.support.route import Answer

CODES = Catalogue.load().codes
# The members that differ between two refusals of the same request.
_PASSING = {"instance", "request_id", "trace_id"}


def fault_of(answer: Answer) -> str | None:
    """The defect of a refusal, or None."""
    if not 400 <= answer.status < 500:
        return "no refusal"
    if answer.headers["content-type"] != "application/problem+json":
        return answer.headers["content-type"]
    problem = answer.json()
    codes = {problem["code"], *(fault["code"] for fault in problem.get("errors", ()))}
    if problem["status"] != answer.status or not codes <= CODES:
        return f"codes {sorted(codes - CODES)}"
    text = answer.body.decode()
    return "the value comes back" if MANY_DIGITS in text or MARK in text else None


def misplaced(mutation: Mutation, answer: Answer) -> str | None:
    """Whether a refusal names another place than the one that is wrong.

    A member that excludes another one is named by the object that holds both. What is no JSON at
    all (400) has no places, and a conflict (409) may be one of the whole.
    """
    pointers = [fault.get("pointer", "") for fault in answer.json().get("errors", ())]
    whole = answer.status == 400 or (answer.status == 409 and not pointers)
    if mutation.pointer is None or whole:
        return None
    at, holder = mutation.pointer, mutation.pointer.rpartition("/")[0]
    if any(each.startswith(at) or (holder and each == holder) for each in pointers):
        return None
    return f"named {pointers}"


def alike(one: Answer, other: Answer) -> bool:
    """Whether two refusals differ in nothing but the ids of their requests."""
    plain = [
        {name: value for name, value in each.json().items() if name not in _PASSING}
        for each in (one, other)
    ]
    return one.status == other.status and plain[0] == plain[1]


def excerpt(answer: Answer) -> str:
    return f"{answer.status} {answer.body[:300].decode()}"
