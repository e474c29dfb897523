"""Tax codes: what is charged on a line, in which order, and to which account."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from app.domain.accounting.errors import TaxInactive, TaxRateOutOfRange
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, SCALE
from app.domain.shared.texts import checked_code, checked_name

PERCENT_MAX = 100 * SCALE
FIXED_MAX = AMOUNT_MAX
COMPONENTS_MAX = 10


class TaxKind(StrEnum):
    """How a component is measured."""

    PERCENT = "percent"  # of the base
    FIXED = "fixed"  # a sum for each unit of quantity


@frozen
class TaxComponent:
    """One tax of a code.

    ``rate`` is scaled by 10^6: a percentage (20 is 20_000_000), or a sum in whole currency for each
    unit of quantity. ``compound`` adds the tax to the base of the percentages that follow it.
    ``recoverable`` input tax is claimed back; the rest joins the cost of what was bought. An
    account of None means the company's output tax or input tax account.
    """

    name: str
    kind: TaxKind
    rate: int
    compound: bool = False
    recoverable: bool = True
    output_account_id: Id | None = None
    input_account_id: Id | None = None


@frozen
class TaxCode:
    """The taxes of a line, in order, either inside the price (``included``) or on top of it.

    What it charges never changes, because posted documents name it: a new rate is a new code. A
    code without components charges nothing and still shows its base.

    Raises:
        InvalidValue: there are too many components.
        TaxRateOutOfRange: a percentage outside 0 to 100, or a sum outside what the books hold.
    """

    id: Id
    code: str
    name: str
    included: bool
    components: tuple[TaxComponent, ...]
    active: bool
    version: int

    def __post_init__(self) -> None:
        if len(self.components) > COMPONENTS_MAX:
            raise InvalidValue.at("/components")
        for index, component in enumerate(self.components):
            rate_max = PERCENT_MAX if component.kind is TaxKind.PERCENT else FIXED_MAX
            if not 0 <= component.rate <= rate_max:
                raise TaxRateOutOfRange.at(f"/components/{index}/rate")

    @classmethod
    def new(
        cls, id_: Id, code: str, name: str, *, included: bool, components: Sequence[TaxComponent]
    ) -> "TaxCode":
        """A new, active code.

        Raises:
            InvalidValue: a code or a name does not have its form, or there are too many components.
            TaxRateOutOfRange: a rate is outside its bounds.
        """
        named = tuple(
            replace(component, name=checked_name(component.name, f"/components/{index}/name"))
            for index, component in enumerate(components)
        )
        return cls(
            id_, checked_code(code), checked_name(name), included, named, active=True, version=1
        )

    def check_named(self, pointer: str) -> None:
        """Let a new document or product name this code. A return repeats its sale's code as it is.

        Raises:
            TaxInactive: it is no longer in use.
        """
        if not self.active:
            raise TaxInactive.at(pointer)

    def changed(self, *, code: str | None = None, name: str | None = None) -> "TaxCode":
        """The code under another code or name; None keeps what is there.

        Raises:
            InvalidValue: the code or the name does not have its form.
        """
        return replace(
            self,
            code=self.code if code is None else checked_code(code),
            name=self.name if name is None else checked_name(name),
        )

    def deactivated(self) -> "TaxCode":
        """The code closed to new documents."""
        return replace(self, active=False)

    def activated(self) -> "TaxCode":
        """The code open to new documents again."""
        return replace(self, active=True)

    def irrecoverable(self, amounts: Sequence[int]) -> int:
        """The part of a purchase's component ``amounts`` that joins its cost (semantics 3.2)."""
        return sum(
            amount
            for component, amount in zip(self.components, amounts, strict=True)
            if not component.recoverable
        )


def template_taxes(new_id: Callable[[], Id]) -> list[TaxCode]:
    """The codes that a new company starts with: 20 percent, zero rate, exempt."""

    def on_top(code: str, name: str, *rates: int) -> TaxCode:
        parts = [TaxComponent("VAT", TaxKind.PERCENT, rate * SCALE) for rate in rates]
        return TaxCode.new(new_id(), code, name, included=False, components=parts)

    return [
        on_top("VAT20", "VAT 20 %", 20),
        on_top("VAT0", "VAT zero rate", 0),
        on_top("EXEMPT", "Exempt from VAT"),
    ]
