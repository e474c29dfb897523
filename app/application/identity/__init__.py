"""Identity: who signs in, for which company, and what they may do there.

Each part can be read by itself; a part imports only parts named below it.

* ``members``: members of a company, roles, invitations; ``operators``: who runs the platform
* ``sign_in``: registration, logins, sessions, passwords, recovery
* ``factors``: second factors and step-up; ``keys``: API keys and signing keys; ``companies``: their
  opening, status, deletion and exports
* ``directory``: users, companies, memberships, roles and sessions, as the parts share them;
  ``audit``: the audit trail, its seals, refusals, actions of operators

``services`` lists what the composition root makes for the routes, ``contract`` what other contexts
may use. Commands never see secrets: the service beside them makes tokens and hashes.
"""
