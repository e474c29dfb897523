"""What the members of the audit trail mean; see ``contract_members.py``."""

from typing import Final

MEMBERS: Final[dict[str, str]] = {
    "action": "What was done: `created`, `changed`, `posted`, `permission_refused` …",
    "actor_id": "Who acted; null for nobody who is known, and for the service itself.",
    "AuditEntryView.address": "The network address that the request came from.",
    "AuditEntryView.session_id": "The session of the request; null where there was none.",
    "AuditEntryView.request_id": "The `X-Request-ID` of the answer.",
    "changes": "Of a change `before` and `after`; otherwise what tells it apart. No secrets.",
    "AuditHeadView.company_id": "The company whose chain it is.",
    "contains_head": "Whether the asked for head is in the chain; null when none was asked for.",
    "AuditVerdictView.entries": "How many sealed entries were compared.",
    "AuditBreakView.entry_id": "The entry that stands there now; null for none.",
    "entity_id": "The object; null where the entry tells of none.",
    "entity_kind": "What it was done to: `product`, `member`, `session` …",
    "first_break": "The first place where the trail is not what was sealed; null for none.",
    "first_sequence": "The first seal that was looked at.",
    "hash": "64 hexadecimal digits over the seal and all before it.",
    "head": "The newest seal; null before the first. Keep it elsewhere.",
    "AuditBreakView.kind": "`seal_missing`, `seal_changed`, `entry_missing`, `entry_changed` or "
    "`entry_added`.",
    "last_sequence": "The last seal that was looked at; less than the first when there was none.",
    "next_sequence": "Where to go on; null when all was looked at, or something is broken.",
    "AuditVerdictView.ok": "Whether nothing is wrong in what was looked at.",
    "on_behalf_of": "The user who answers for it where a key acted; null otherwise.",
    "place": "The place of the entry in its seal, from 1; null where the seal itself is wrong.",
    "AuditEntryView.recorded_at": "When it was recorded, by the clock of the database.",
    "AuditHeadView.recorded_at": "When it was sealed.",
    "sequence": "The place of the seal in the chain, from 1.",
    "unsealed": "How many entries wait for a seal; younger than two minutes, as a rule.",
}
