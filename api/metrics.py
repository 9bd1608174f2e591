"""What the service counts (Prometheus, on /metrics). Labels come from closed lists only."""

from prometheus_client import Counter, Histogram

TURNS = Counter("hotline_turns_total", "Citizen messages answered, by outcome", ["outcome"])
TURN_SECONDS = Histogram("hotline_turn_seconds", "Seconds from taking a message in to its answer")
ENGINE_FAILURES = Counter("hotline_engine_failures_total", "Messages that Rasa did not answer")
TICKETS_OPENED = Counter("hotline_tickets_opened_total", "Tickets filed, by urgency", ["urgency"])
