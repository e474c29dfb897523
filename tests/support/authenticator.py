"""Simulates an authenticator app and a security key."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

RP_ID = "shop.example"
ORIGIN = "https://till.shop.example"
_PRESENT = 0x01
_ATTESTED = 0x40


class App:
    """An app that shows codes of a secret."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def code(self, seconds: float) -> str:
        """The code at an instant, in Unix seconds."""
        return pyotp.TOTP(self.secret).at(int(seconds))


@dataclass
class VirtualKey:
    """A security key with one credential. ``counts`` is off for keys whose counter is always 0.

    ``origin`` and ``rp_id`` are what the browser reports; a phishing page reports its own.
    """

    algorithm: str = "ES256"
    origin: str = ORIGIN
    rp_id: str = RP_ID
    counts: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: Any = None

    def __post_init__(self) -> None:
        if self.private is None and self.algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        elif self.private is None:
            self.private = ed25519.Ed25519PrivateKey.generate()

    def create(self, options: dict[str, Any]) -> str:
        """What ``navigator.credentials.create`` answers to these options."""
        client = self._client("webauthn.create", options["challenge"])
        data = self._data(_PRESENT | _ATTESTED)
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._cose()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, options: dict[str, Any]) -> str:
        """What ``navigator.credentials.get`` answers to these options."""
        self.count += self.counts
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(_PRESENT)
        signed = data + hashlib.sha256(client).digest()
        if self.algorithm == "ES256":
            signature = self.private.sign(signed, ec.ECDSA(SHA256()))
        else:
            signature = self.private.sign(signed)
        return self._answer(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        )

    def _client(self, type_: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": type_, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        ).encode()

    def _data(self, flags: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose(self) -> bytes:
        public = self.private.public_key()
        if self.algorithm == "ES256":
            numbers = public.public_numbers()
            x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
            return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})

    def _answer(self, response: dict[str, bytes]) -> str:
        id_ = _text(self.id)
        parts = {name: _text(value) for name, value in response.items()}
        whole = {"id": id_, "rawId": id_, "type": "public-key", "response": parts}
        return json.dumps({**whole, "clientExtensionResults": {}, "aMemberOfTomorrow": 1})


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
