"""What second factors load and save."""

from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing
from app.domain.identity.factors.challenge import Challenge
from app.domain.identity.factors.second_factor import SecondFactor
from app.domain.identity.factors.security_key import SecurityKey

# Of two uses of one code, of one token, of one key, the second sees what the first did.
SECOND_FACTORS: Kind[SecondFactor] = Kind(
    "second_factors", key=lambda each: (each.user_id,), lock=Lock.UPDATE
)
SECURITY_KEYS: Kind[SecurityKey] = Kind(
    "security_keys", key=lambda each: (each.id,), lock=Lock.UPDATE
)
CHALLENGES: Kind[Challenge] = Kind("challenges", key=lambda each: (each.id,), lock=Lock.UPDATE)

SECURITY_KEYS_OF_USER: Finder[SecurityKey] = Finder(
    "security_keys_of_user",
    SECURITY_KEYS,
    lambda key: (key.user_id,) if key.removed_at is None else None,
)
SECURITY_KEY_LIST = Listing("security_keys", sorts=("id",), filters=("user_id",))
