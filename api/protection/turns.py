"""One message of a conversation is answered, one may wait its turn; who sends more is asked to wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.protection.refusals import Refused
from api.service import Service

_WAIT = 2.0  # seconds until it is worth trying again


@contextmanager
def taking_turn(service: Service, conversation_id: str) -> Iterator[None]:
    """Hold one of the two places of a conversation.

    Raises:
        Refused: 429, both are taken; nothing was stored.
    """
    if not service.turns.enter(conversation_id):
        raise Refused(429, "message_waiting", _WAIT)
    try:
        yield
    finally:
        service.turns.leave(conversation_id)
