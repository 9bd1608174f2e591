"""Carries one claimed event: reads the ticket, records a disclosure, sends, and reports what it came to."""

import time
from typing import Protocol

import structlog

from tickets.case_systems import CaseSystem
from tickets.deliveries import Deliveries
from tickets.delivery_model import Claim, DeliveryState
from tickets.delivery_ports import Answer, OutgoingEvent, Sender, SendResult, event_id
from tickets.errors import TicketError, Unavailable
from tickets.model import Disclosure, Ticket
from tickets.ports import Clock

log = structlog.get_logger()

SCOPE = "delivery"
_REPORT_AGAIN_AFTER = (0.1, 0.5, 2.0)  # seconds


class TicketSource(Protocol):
    """The part of ports.TicketStore that sending needs."""

    def get(self, number: str) -> Ticket | None:
        """Give the ticket with its whole history, or None."""
        ...

    def record_disclosure(self, disclosure: Disclosure) -> None:
        """Remember that personal data was shown in full."""
        ...


class Courier:
    """Sends events one at a time; safe for many threads."""

    def __init__(self, deliveries: Deliveries, store: TicketSource, sender: Sender, clock: Clock) -> None:
        self._deliveries = deliveries
        self._store = store
        self._sender = sender
        self._clock = clock

    def carry(self, system: CaseSystem, claim: Claim) -> SendResult | None:
        """Try the event once and note the outcome; None when it was not the system that failed.

        What cannot be noted now is not lost: the lease ends and the event goes out again.
        """
        begun = time.monotonic()
        sent = False
        try:
            event = self._event(claim)
            self._disclose(system, event.ticket)
            result = self._sender.send(system, event)
            sent = True
        except Unavailable as error:
            log.warning("delivery_postponed", system=claim.system, error=str(error))
            return None
        except TicketError as error:
            result = SendResult(Answer.FAILED, error=f"not sent: {error}")
        except Exception as error:
            log.exception("delivery_broke", system=claim.system, delivery=_id(claim))
            result = SendResult(Answer.FAILED, error=f"not sent: {type(error).__name__}, see the log")
        self._report(claim, result, round((time.monotonic() - begun) * 1000))
        return result if sent else None

    def _event(self, claim: Claim) -> OutgoingEvent:
        ticket = self._store.get(claim.number)
        if ticket is None or len(ticket.history) < claim.position:
            raise Unavailable(f"{_id(claim)} cannot be read")
        return OutgoingEvent(_id(claim), claim.position, ticket.history[claim.position - 1], ticket)

    def _disclose(self, system: CaseSystem, ticket: Ticket) -> None:
        """Record, once per system and ticket, that personal data is about to leave in full."""
        push = system.push
        if push is None or push.payload != "full" or not push.reveal or ticket.anonymous or ticket.erased_at:
            return
        actor = f"case-system:{system.name}"
        if not self._deliveries.was_disclosed(actor, ticket.number, push.reveal):
            disclosure = Disclosure(self._clock(), actor, push.reveal, SCOPE, ticket.number)
            self._store.record_disclosure(disclosure)

    def _report(self, claim: Claim, result: SendResult, took_ms: int) -> None:
        for pause in (*_REPORT_AGAIN_AFTER, None):
            try:
                self._note(claim, result, took_ms)
                return
            except Unavailable as error:
                if pause is None:
                    log.error("delivery_not_noted", system=claim.system, error=str(error))
                    return
                time.sleep(pause)

    def _note(self, claim: Claim, result: SendResult, took_ms: int) -> None:
        fields = {"system": claim.system, "delivery": _id(claim), "status": result.status, "took_ms": took_ms}
        match result.answer:
            case Answer.ACCEPTED:
                self._deliveries.accepted(claim, result)
                log.info("delivery_accepted", **fields)
            case Answer.GONE:
                self._deliveries.gone(claim, result)
                log.error("case_system_disabled", **fields)
            case Answer.FAILED:
                state = self._deliveries.failed(claim, result)
                tell = log.error if state is DeliveryState.DEAD else log.warning
                tell("delivery_failed", **fields, state=state, error=result.error)


def _id(claim: Claim) -> str:
    return event_id(claim.number, claim.position)
