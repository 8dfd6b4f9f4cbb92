"""What /metrics shows."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("lics_gateway_requests_total", "HTTP requests", ["part", "method", "status"])
SECONDS = Histogram(
    "lics_gateway_request_seconds",
    "Time to answer a request",
    ["part"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
SOCKETS = Gauge("lics_realtime_sockets", "Open sockets")
CHANNELS = Gauge("lics_realtime_channels", "Joined channels")
MESSAGES = Counter("lics_realtime_messages_total", "Messages read from the database")
DELIVERIES = Counter("lics_realtime_deliveries_total", "Frames queued to sockets")
CLOSED = Counter("lics_realtime_closed_total", "Sockets closed by the server", ["reason"])
REFUSED = Counter("lics_realtime_joins_refused_total", "Joins refused")
LAG = Gauge(
    "lics_realtime_pump_lag_seconds", "Time since the pump last read the database successfully, while it should"
)
POLL_SECONDS = Histogram(
    "lics_realtime_poll_seconds", "One poll of the messages", buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1)
)
