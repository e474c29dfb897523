"""Security keys at the edge of the library: nothing that a stranger sends makes it stumble."""

import json
import random

from app.infrastructure.identity.build import _ceremonies
from app.infrastructure.security.webauthn_keys import WebauthnKeys
from tests.support.authenticator import ORIGIN, RP_ID, VirtualKey

KEYS = WebauthnKeys(RP_ID, [ORIGIN])
CHALLENGE = b"c" * 32
USER = b"u" * 16, "olga@north.example", "Olga"


def bent(text: str, chance: random.Random) -> str:
    """An answer with a few letters of one of its parts changed, or cut off."""
    answer = json.loads(text)
    name = chance.choice(sorted(answer["response"]))
    letters = list(answer["response"][name])
    for _ in range(chance.randint(1, 4)):
        letters[chance.randrange(len(letters))] = chance.choice("ABCxyz019-_=+ \u00e9")
    end = chance.choice([len(letters), chance.randrange(len(letters))])
    answer["response"][name] = "".join(letters[:end])
    return json.dumps(answer)


def test_a_right_answer_is_taken() -> None:
    key = VirtualKey()
    made = KEYS.registered(key.create(KEYS.creation(USER, CHALLENGE, [])), CHALLENGE)  # type: ignore[arg-type]
    assert made is not None
    assert (made.credential_id, made.sign_count) == (key.id, 0)
    answer = key.get(KEYS.request(CHALLENGE, [key.id]))
    assert KEYS.named(answer) == key.id
    assert KEYS.signed(answer, CHALLENGE, made.public_key) == 1
    assert KEYS.signed(answer, b"d" * 32, made.public_key) is None
    assert KEYS.signed(answer, CHALLENGE, b"no key") is None


def test_an_answer_bent_in_any_way_is_refused_and_breaks_nothing() -> None:
    """MF-03: CBOR, COSE, base64 and JSON of a stranger."""
    chance = random.Random(20_260_331)
    key = VirtualKey()
    created = key.create(KEYS.creation(USER, CHALLENGE, []))  # type: ignore[arg-type]
    made = KEYS.registered(created, CHALLENGE)
    assert made is not None
    signed = key.get(KEYS.request(CHALLENGE, [key.id]))
    for _ in range(400):
        wrong = bent(signed, chance)
        if json.loads(wrong) != json.loads(signed):
            assert KEYS.signed(wrong, CHALLENGE, made.public_key) in {None, 1}
        KEYS.registered(bent(created, chance), CHALLENGE)
        KEYS.signed(signed, CHALLENGE, chance.randbytes(chance.randrange(80)))


def test_without_a_domain_there_are_no_keys() -> None:
    assert _ceremonies(RP_ID, ["https://shop.example"]).on
    assert not _ceremonies("", []).on
    assert not _ceremonies(RP_ID, []).on
