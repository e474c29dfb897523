"""What the members of API keys mean, and the example of each of their bodies."""

from typing import Any, Final

MEANINGS: Final[dict[str, str]] = {
    "allowed_addresses": "The networks that the key may be used from; none means anywhere.",
    "MeView.api_key": "The key that is calling; null for people.",  # pragma: allowlist secret
    "CallingKeyView.test": "Whether all that the key changes is only tried.",
    "CallingKeyView.expires_at": "When the key ends.",
    "ApiKeyView.expires_at": "When the key ends.",
    "NewApiKeyView.expires_at": "When the key ends.",
    "key": "The key, shown this once: 109 letters, digits and underscores.",
    "last_used_address": "Where it was last used from; null if it never was.",
    "ApiKeyView.last_used_at": "When it was last used, to the minute; null if it never was.",
    "NewApiKeyView.last_used_at": "When it was last used, to the minute; null if it never was.",
    "made_by": "The member who made the newest secret and answers for what the key does.",
    "overlap_seconds": "How long the present secret stays good; 0 ends it at once.",
    "previous_until": "Until when the secret before the last rotation is good.",
    "revoked_at": "When it was revoked.",
    "rotated_at": "When it last got a new secret.",
    "scopes": "The permissions of the key. It never may do more than who made it.",
    "test": "Whether all that the key changes is only tried (a dry run); it reads as any other.",
}

EXAMPLES_OF_KEYS: Final[dict[str, dict[str, Any]]] = {
    "ApiKeyIn": {
        "name": "Web shop",
        "scopes": ["products:read", "stock:read", "sales:write"],
        "allowed_addresses": ["192.0.2.0/24"],
    },
    "ApiKeyPatch": {"name": "Web shop, new host", "allowed_addresses": ["198.51.100.7/32"]},
    "RotationIn": {"overlap_seconds": 3_600},
}
