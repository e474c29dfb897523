"""The form of all domain values: a dataclass that is never changed after construction."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A dataclass with slots, compared and hashed by its fields, and never assigned to.

    The type checker refuses an assignment to a field, and the house rules refuse it where the type
    is unknown. A dataclass frozen at run time sets each field through ``object.__setattr__``:
    twelve fields then take 2.0 µs instead of 0.26.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def request_form(cls: type[T]) -> type[T]:
    """A frozen dataclass that a request fills in: its members are given by their names."""
    return dataclass(slots=True, unsafe_hash=True, kw_only=True)(cls)
