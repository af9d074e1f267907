"""The databases of the server's tests."""

from tests.api.server.conftest import database_url, postgres

__all__ = ["database_url", "postgres"]
