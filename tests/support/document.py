"""The OpenAPI document of the service, made once a process, and walks through it."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from app.main import create_app
from tests.conftest import settings_for

# What stands there is a value of the API, in which no schema is to be found.
VALUES: Final = frozenset({"example", "examples", "default", "enum", "const", "value"})


@cache
def document() -> dict[str, Any]:
    """The document; who changes it copies it first."""
    made: dict[str, Any] = create_app(settings_for("sqlite:///unused.db")).openapi()
    return made


def objects(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a part of the document and where it stands; none within values."""
    if isinstance(value, dict):
        yield place, value
        for name, each in value.items():
            # A member of a schema may be called "default" as well.
            if name not in VALUES or place.endswith("/properties"):
                yield from objects(each, f"{place}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from objects(each, f"{place}/{index}")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of everything that the document holds."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation
