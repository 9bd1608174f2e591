"""Every table of the hotline's database, whoever defines it: for the migrations and what holds them to it."""

from sqlalchemy import MetaData

import api.chat.feedback
import api.chat.looks
import api.chat.notes
import api.chat.open_forms
import api.filling.calls
import api.suggestions.store  # noqa: F401  (each adds its table to the chat's)
from api.accounts.store import metadata as accounts
from api.chat.tables import metadata as chat
from api.editing.tables import metadata as editing
from api.unanswered.store import metadata as unanswered
from tickets.schema import metadata as tickets


def everything() -> MetaData:
    """The tables of all parts together."""
    joined = MetaData()
    for part in (tickets, chat, accounts, unanswered, editing):
        for table in part.sorted_tables:
            table.to_metadata(joined)
    return joined
