"""Rasa's memory of the messages it is answering now, and of no others.

Every message is a dialogue of its own (api/chat/engine.py): what a conversation is in the middle of lies in the
hotline's database and is written into the tracker before the message. So nothing here needs to last.
"""

from collections import OrderedDict

from rasa.core.tracker_store import InMemoryTrackerStore

KEPT = 256  # dialogues; far more than Rasa ever answers at once


class PassingTrackerStore(InMemoryTrackerStore):
    """Trackers in memory, the oldest forgotten first."""

    def __init__(self, domain, event_broker=None, **kwargs):
        super().__init__(domain, event_broker, **kwargs)
        self.store = OrderedDict()

    async def save(self, tracker):
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > KEPT:
            self.store.popitem(last=False)
