"""The services of identity, as the composition root makes them and routes take them."""

from app.application.identity.audit.refusals import Refusals
from app.application.identity.directory.passwords import Passwords
from app.application.identity.directory.ports import AccessTokens, Callers
from app.application.identity.factors.enrolment import Enrolment
from app.application.identity.factors.step_up import SecondFactors
from app.application.identity.keys.api_keys import ApiKeys
from app.application.identity.keys.signing_keys import SigningKeys
from app.application.identity.members.invitations import Invitations
from app.application.identity.operators.sign_in import OperatorLogins
from app.application.identity.sign_in.account import OwnAccount
from app.application.identity.sign_in.logins import Logins
from app.application.identity.sign_in.recovery import PasswordRecovery
from app.application.identity.sign_in.registration import Registrations
from app.domain.shared.frozen import frozen


@frozen
class Identity:
    """One of each. ``tokens`` knows who calls for a company, ``operator_tokens`` the operators."""

    registrations: Registrations
    logins: Logins
    account: OwnAccount
    recovery: PasswordRecovery
    factors: SecondFactors
    enrolment: Enrolment
    invitations: Invitations
    api_keys: ApiKeys
    signing_keys: SigningKeys
    operators: OperatorLogins
    refusals: Refusals
    passwords: Passwords
    tokens: Callers
    operator_tokens: AccessTokens

    async def start(self) -> None:
        """Open the signing keys; the first start makes the first one."""
        await self.signing_keys.start()

    async def stop(self) -> None:
        """End what goes on in the background."""
        await self.refusals.stop()
        await self.tokens.close()
        await self.operator_tokens.close()
        self.passwords.hasher.close()
