"""What the contract says of how companies begin, rest and end."""

from typing import Any, Final

MEMBERS: Final[dict[str, str]] = {
    "ExportView.state": "`queued`, `running`, `done`, `failed`, or `expired` without its file.",
    "tables_done": "How many tables are written.",
    "tables_total": "How many tables there are; 0 before the writing began.",
    "rows": "How many rows are written.",
    "error": "Why it failed: `interrupted`, `storage` or `database`; null when it did not.",
    "file_bytes": "The size of the file; null until it is done.",
    "file_sha256": "The SHA-256 of the file in hexadecimal; null until it is done.",
    "requested_by": "The user who asked for it.",
    "requested_at": "When it was asked for.",
    "finished_at": "When it was done or failed.",
    "ExportView.expires_at": "Until when the file can be fetched; null without a file.",
    "standing": "`active`; `suspended` or `closing`, where people read and export only.",
    "delete_at": "When the company may be deleted; null when nobody asked for it.",
}
EXAMPLES: Final[dict[str, dict[str, Any]]] = {}
TAGS: Final[dict[str, str]] = {"exports": "Everything that the company has, in one file."}
PARAMETERS: Final[dict[str, str]] = {}
