"""What the contract says of how companies begin, rest and end."""

from typing import Any, Final

MEMBERS: Final[dict[str, str]] = {
    "locale": "The language of problems without Accept-Language: `en` or `ar`; null means English.",
    "MeView.time_zone": "The caller's time zone, an IANA name; null if not set.",
    "PreferencesView.time_zone": "The caller's time zone, an IANA name; null if not set.",
    "PreferencesPatch.time_zone": "The caller's time zone, an IANA name; null unsets it.",
    "scope": "`platform` for operators of the platform; left out, a company is signed in to.",
    "OperatorTokensView.scope": "Always `platform`: the token is good for its routes only.",
    "CompanyRecord.standing": "`active`, `suspended`, `closing`, or `purging` while rows go.",
    "members": "How many people work for it.",
    "companies": "How many companies the user works for.",
    "UserRecord.active": "Whether the user may sign in.",
    "operator_id": "The user who did it.",
    "ActView.action": "What was done or looked at.",
    "ActView.company_id": "The company that it was done to; null when it was none.",
    "ActView.address": "The network address that it was done from.",
    "changes": "What was asked for, or each member before and after.",
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
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "CompanyIn": {"name": "South Trading", "currency": "KWD", "time_zone": "Asia/Kuwait"},
    "PreferencesPatch": {"locale": "ar", "time_zone": "Asia/Kuwait"},
    "ClosingIn": {"name": "North Trading Ltd"},
    "ReasonIn": {"reason": "Invoice 1042 is unpaid since January"},
}
TAGS: Final[dict[str, str]] = {
    "exports": "Everything that the company has, in one file.",
    "platform": "Companies and users, for operators of the platform.",
}
PARAMETERS: Final[dict[str, str]] = {
    "operator_id": "Only what this user did.",
    "company_id": "Only what was done to this company.",
    "action": "Only acts of this name.",
    "since": "Only from this instant on.",
    "until": "Only up to this instant.",
    "standing": "Only companies that stand so.",
}
