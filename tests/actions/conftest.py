"""What the tests of one's own ticket work with."""

from tests.actions.own_ticket_house import house, postgres_server  # noqa: F401
