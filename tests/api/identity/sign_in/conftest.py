"""Each test has an application of its own."""

from tests.api.identity.own import api, application, database_url  # noqa: F401
