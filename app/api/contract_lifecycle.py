"""What the contract says of how companies begin, rest and end."""

from typing import Any, Final

MEMBERS: Final[dict[str, str]] = {
    "standing": "`active`; `suspended` or `closing`, where people read and export only.",
    "delete_at": "When the company may be deleted; null when nobody asked for it.",
}
EXAMPLES: Final[dict[str, dict[str, Any]]] = {}
TAGS: Final[dict[str, str]] = {}
PARAMETERS: Final[dict[str, str]] = {}
