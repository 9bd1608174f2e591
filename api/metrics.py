"""What the service counts (Prometheus, on /metrics). Labels come from closed lists only."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("hotline_turns_total", "Citizen messages answered, by outcome", ["outcome"])
TURN_SECONDS = Histogram("hotline_turn_seconds", "Seconds from taking a message in to its answer")
ENGINE_FAILURES = Counter("hotline_engine_failures_total", "Messages that Rasa did not answer")
ENGINE_BREAKER = Gauge("hotline_engine_breaker", "1 for the state that the breaker is in", ["state"])
TICKETS_OPENED = Counter("hotline_tickets_opened_total", "Tickets filed, by urgency", ["urgency"])
DELIVERIES = Gauge("hotline_deliveries", "Events for case systems, by state", ["system", "state"])
DELIVERY_OLDEST = Gauge(
    "hotline_delivery_oldest_seconds", "Age of the oldest event that a case system lacks; 0: none", ["system"]
)
DELIVERY_LEVEL = Gauge(
    "hotline_delivery_level", "How a case system stands: 1 for quiet, warning or alarm", ["system", "level"]
)
