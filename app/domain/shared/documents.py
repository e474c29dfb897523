"""What documents have in common: their kind, their number series, the form of their requests.

A context names its own kinds and series in its declarations, so none is listed here.
"""

from typing import Final, NamedTuple, NewType

from app.domain.shared.fields import EffectiveAt, ExternalRef
from app.domain.shared.frozen import request_form
from app.domain.shared.ids import Id

LINES_MAX: Final = 2000  # lines of one document (rulings R-15)

# What caused a fact, by the name of its noun: "sale". With the id it leads back to the document.
DocumentKind = NewType("DocumentKind", str)


class DocumentRef(NamedTuple):
    """A document of any kind as a request names it: the prefix of the id says the kind."""

    kind: DocumentKind
    id: Id


# The letters that begin the numbers of a series: "SAL".
Series = NewType("Series", str)


@request_form
class DocumentIn:
    """What every request for a document may state."""

    external_ref: ExternalRef | None = None
    effective_at: EffectiveAt | None = None
