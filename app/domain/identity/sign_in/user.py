"""Users: the people who sign in. One user may belong to several companies."""

import re
import unicodedata
from datetime import datetime

from app.domain.identity.ids import UserId
from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name, folded
from app.domain.shared.zones import check_zone

EMAIL_LENGTH_MAX = 254  # RFC 5321, the longest address that mail can reach
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*\.[^@\s.]{2,63}")


def checked_email(email: str, pointer: str = "/email") -> str:
    """``email`` in normal form C without blanks around it.

    Raises:
        InvalidValue: not an address of the form ``name@domain.tld``, or with invisible characters.
    """
    normal = unicodedata.normalize("NFC", email).strip()
    if len(normal) > EMAIL_LENGTH_MAX or _EMAIL.fullmatch(normal) is None:
        raise InvalidValue(faults=[Fault(pointer, "validation.email")])
    # Controls, format characters, surrogates: two addresses that look alike must be the same.
    if any(unicodedata.category(letter)[0] == "C" for letter in normal):
        raise InvalidValue(faults=[Fault(pointer, "validation.email")])
    return normal


@frozen
class User:
    """Somebody who can sign in; ``email_folded`` is unique over all companies.

    ``locale`` is the preferred language, ``time_zone`` (IANA) the preferred time zone, if stated.
    """

    id: UserId
    email: str
    """The e-mail address."""
    email_folded: str
    display_name: str
    """The name that others see."""
    active: bool
    """Whether the user may sign in."""
    created_at: datetime
    """When it was made."""
    version: int
    """Counts the changes; the ETag states it."""
    locale: str | None = None
    """The language of problems without Accept-Language: `en` or `ar`; null means English."""
    time_zone: str | None = None
    """The caller's time zone, an IANA name; null if not set."""

    def __post_init__(self) -> None:
        if self.time_zone is not None:
            check_zone(self.time_zone)

    @classmethod
    def new(cls, id_: Id, email: str, display_name: str | None, at: datetime) -> "User":
        """A new, active user; without a name, the part of the address before the @ is shown.

        Raises:
            InvalidValue: the address or the name does not have its form.
        """
        shown = checked_email(email)
        name = shown.partition("@")[0] if display_name is None else display_name
        return cls(
            id=id_,
            email=shown,
            email_folded=folded(shown),
            display_name=checked_name(name, "/display_name"),
            active=True,
            created_at=at,
            version=1,
        )
