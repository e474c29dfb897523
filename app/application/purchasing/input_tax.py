"""The tax of purchases: what of it is claimed back, and what joins the cost of the goods."""

from collections.abc import Iterator, Sequence

from app.application.accounting.contract import TAXES, account_of
from app.application.shared.work import Work
from app.domain.accounting.chart import AccountRole
from app.domain.shared.ids import Id


def claimed(tax_id: Id | None, parts: Sequence[int], work: Work) -> Iterator[tuple[Id, int]]:
    """The account and the amount of each component of a tax that is claimed back."""
    if tax_id is None:
        return
    usual = account_of(work, AccountRole.INPUT_TAX)
    for component, amount in zip(work.get(TAXES, tax_id).components, parts, strict=True):
        if component.recoverable:
            yield component.input_account_id or usual, amount


def kept(tax_id: Id | None, parts: Sequence[int], work: Work) -> int:
    """The part of a tax that is not claimed back."""
    return 0 if tax_id is None else work.get(TAXES, tax_id).irrecoverable(parts)
