"""Scraps: goods taken out of the stock for a reason, at their cost."""

from enum import StrEnum
from typing import Annotated

from app.domain.accounting.ids import AccountId, EntryId
from app.domain.catalog.ids import ProductId
from app.domain.inventory.errors import ScrapAccountNeeded
from app.domain.inventory.ids import LocationId, ScrapId
from app.domain.shared.documents import LINES_MAX, DocumentIn
from app.domain.shared.fields import (
    Cost,
    Count,
    Currency,
    EffectiveAt,
    EffectiveOn,
    ExternalRef,
    LineNumber,
    Mark,
    Memo,
    Number,
    Quantity,
    RecordedAt,
)
from app.domain.shared.frozen import frozen, request_form


class ScrapReason(StrEnum):
    """Why goods were taken out."""

    DAMAGED = "damaged"
    EXPIRED = "expired"
    OBSOLETE = "obsolete"
    SAMPLE = "sample"
    OTHER = "other"


@request_form
class ScrapLineIn:
    """Goods that are taken out."""

    product_id: ProductId
    quantity: Quantity


@request_form
class ScrapIn(DocumentIn):
    """Goods that are taken out of the stock at a location."""

    id: ScrapId | None = None
    location_id: LocationId
    reason: ScrapReason
    """Why the goods are taken out; it decides the account of their cost."""
    account_id: Annotated[AccountId, Mark.FILLED] | None = None
    """Where the cost is posted; by default the account of the reason. `other` has none."""
    memo: Memo = ""
    lines: Annotated[tuple[ScrapLineIn, ...], Count(LINES_MAX)]
    """What is taken out."""

    def check_account(self) -> None:
        """Let the scrap pass when there is an account for its cost.

        Raises:
            ScrapAccountNeeded: the reason has no account, and none is stated.
        """
        if self.reason is ScrapReason.OTHER and self.account_id is None:
            raise ScrapAccountNeeded.at("/account_id")


@frozen
class ScrapLine:
    """A line of a scrap."""

    line: LineNumber
    product_id: ProductId
    quantity: Quantity
    cost: Cost
    """What the goods had cost."""
    valuation_seq: Annotated[int, Mark.HIDDEN]


@frozen
class Scrap:
    """A posted scrap; never edited."""

    id: ScrapId
    number: Number
    external_ref: ExternalRef | None
    location_id: LocationId
    reason: ScrapReason
    """Why the goods were taken out."""
    account_id: AccountId
    """Where their cost was posted."""
    memo: Memo
    effective_at: EffectiveAt
    effective_on: EffectiveOn
    currency: Currency
    cost: Cost
    """What the goods had cost."""
    entry_id: EntryId | None
    recorded_at: RecordedAt
    lines: tuple[ScrapLine, ...]
    """What was taken out."""
