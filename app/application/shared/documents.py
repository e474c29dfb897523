"""What every document does alike: its id and its external reference name it once and for ever.

A document says with ``document_needs`` what it looks up, asks ``existing_document`` before it
decides anything else (the month may be closed by now, the stock gone), and lets ``check_repeat``
tell a repeat from another document under the same id.
"""

from dataclasses import replace
from typing import Any, TypeVar

from app.application.shared.kinds import Finder, Kind, Needs
from app.application.shared.work import Work
from app.domain.shared.errors import ExternalRefTaken, IdTaken
from app.domain.shared.ids import Id

A = TypeVar("A")


def document_needs(
    needs: Needs, kind: Kind[Any], finder: Finder[Any], id_: Id | None, external_ref: str | None
) -> Needs:
    """Need whatever carries the client-made id or the external reference already."""
    if id_ is not None:
        needs.one(kind, id_)
    if external_ref is not None:
        needs.search(finder, external_ref)
    return needs


def existing_document(
    work: Work, kind: Kind[A], finder: Finder[A], id_: Id | None, external_ref: str | None
) -> A | None:
    """The document that has the client-made id already, to be answered with 200 if it is the same.

    Raises:
        ExternalRefTaken: another document carries the reference.
    """
    existing = None if id_ is None else work.find(kind, id_)
    if existing is not None:
        return existing
    if external_ref is not None and work.search(finder, external_ref):
        raise ExternalRefTaken.at("/external_ref")
    return None


def check_repeat(existing: Any, fresh: Any, *computed: str) -> None:
    """Let a repeat pass: ``fresh`` equals ``existing`` in all fields but the ``computed`` ones.

    Raises:
        IdTaken: the id belongs to a document with other content.
    """
    known = {name: getattr(existing, name) for name in computed}
    if replace(fresh, **known) != existing:
        raise IdTaken.at("/id")
