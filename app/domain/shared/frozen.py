"""The shape of everything that is decided on: a dataclass that is never changed once it is made."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A dataclass with slots, compared and hashed by its fields, that nobody assigns to.

    The type checker refuses an assignment to a field, and our lint refuses it where the type is
    not known. A dataclass frozen at run time writes each field through ``object.__setattr__``:
    twelve fields take 2.0 µs instead of 0.26.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def request_form(cls: type[T]) -> type[T]:
    """A frozen dataclass that a request fills in: its members are given by their names."""
    return dataclass(slots=True, unsafe_hash=True, kw_only=True)(cls)
