"""What the service counts (Prometheus, on /metrics). Labels come from closed lists only."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("hotline_turns_total", "Citizen messages answered, by outcome", ["outcome"])
TURN_SECONDS = Histogram("hotline_turn_seconds", "Seconds from taking a message in to its answer")
ENGINE_FAILURES = Counter("hotline_engine_failures_total", "Messages that Rasa did not answer")
ENGINE_BREAKER = Gauge("hotline_engine_breaker", "1 for the state that the breaker is in", ["state"])
TICKETS_OPENED = Counter("hotline_tickets_opened_total", "Tickets filed, by urgency", ["urgency"])
