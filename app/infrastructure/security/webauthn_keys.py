"""Security keys (WebAuthn): the options for a browser, and the verification of its answer.

Only the key pair counts, not the maker of the device, so no attestation is requested. The domain
judges the use counter, because the library would not tell a copied key from a forgery.
"""

import json
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.application.identity.factors.ports import RegisteredKey
from app.domain.shared.ids import Id

_ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_CREDENTIAL_ID_MAX = 1023  # bytes, as the standard has it
# Untrusted bytes go through parsers of CBOR, COSE and JSON. Any error of theirs is a refusal, not a
# fault of the service.
_UNREADABLE = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class WebauthnKeys:
    """Implements ``app.application.identity.factors.ports.SecurityKeyCeremonies``.

    ``rp_id`` is the domain that the keys belong to, ``origins`` the pages that may use them.
    Without both, ``NoSecurityKeys`` stands in.
    """

    on = True

    def __init__(self, rp_id: str, origins: Sequence[str], name: str = "Tradepost") -> None:
        self._rp_id = rp_id
        self._origins = list(origins)
        self._name = name

    def creation(
        self, user: tuple[Id, str, str], challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """The options for registering a key, for a user with the ``known`` ones."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._name,
            user_id=user[0],
            user_name=user[1],
            user_display_name=user[2],
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.DISCOURAGED,
            ),
            exclude_credentials=_described(known),
            supported_pub_key_algs=_ALGORITHMS,
        )
        return options_to_json_dict(options)

    def request(self, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
        """The options for signing with one of the ``known`` keys."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.DISCOURAGED,
        )
        return options_to_json_dict(options)

    def registered(self, credential: str, challenge: bytes) -> RegisteredKey | None:
        """The key that a browser registered; None if its answer is not valid."""
        try:
            found = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                supported_pub_key_algs=_ALGORITHMS,
            )
        except _UNREADABLE:
            return None
        if len(found.credential_id) > _CREDENTIAL_ID_MAX:
            return None
        return RegisteredKey(found.credential_id, found.credential_public_key, found.sign_count)

    def named(self, credential: str) -> bytes | None:
        """The id of the key that claims to have signed; None if it cannot be read."""
        try:
            return base64url_to_bytes(json.loads(credential)["id"])
        except _UNREADABLE:
            return None

    def signed(self, credential: str, challenge: bytes, public_key: bytes) -> int | None:
        """The use counter in a valid signature; None if the signature is not valid."""
        try:
            found = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,
            )
        except _UNREADABLE:
            return None
        return found.new_sign_count


def _described(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each) for each in known]
