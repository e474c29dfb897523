"""Tokens of challenges: which challenge, and that it was asked of the bearer."""

from app.application.identity.directory.tokens import TokenForm
from app.domain.identity.factors.errors import InvalidMfaToken

CHALLENGE_TOKEN = TokenForm("mt_", b"mfa-token", InvalidMfaToken)
