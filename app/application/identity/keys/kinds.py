"""What keys load and save: API keys of companies, and the signing keys of the service."""

from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.keys.api_key import ApiKey, ApiKeyUse
from app.domain.identity.keys.signing_key import KeyState, SigningKey

API_KEYS: Kind[ApiKey] = Kind("api_keys", key=lambda each: (each.id,), lock=Lock.UPDATE)
API_KEY_USES: Kind[ApiKeyUse] = Kind("api_key_uses", key=lambda each: (each.api_key_id,))
API_KEYS_IN_USE: Finder[ApiKey] = Finder(
    "api_keys_in_use", API_KEYS, lambda each: () if each.revoked_at is None else None
)
API_KEY_LIST = Listing("api_keys", sorts=("id",), filters=("active",))

SIGNING_KEYS: Kind[SigningKey] = Kind("signing_keys", key=lambda each: (each.kid,))
ACTIVE_SIGNING_KEYS: Finder[SigningKey] = Finder(
    "active_signing_keys",
    SIGNING_KEYS,
    lambda key: () if key.state is KeyState.ACTIVE else None,
)
