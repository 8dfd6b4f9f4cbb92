"""What /metrics shows."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)

messages = Counter("lics_edge_messages", "Messages acknowledged after their commit.", ["route"])
items = Counter("lics_edge_items", "Items handed to SQL in committed transactions.", ["kind"])
dead_letters = Counter("lics_edge_dead_letters", "Dead letters stored.", ["reason"])
batch_size = Histogram(
    "lics_edge_batch_items", "Items a transaction.", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
)
batch_seconds = Histogram("lics_edge_batch_seconds", "From BEGIN to COMMIT.", buckets=_SECONDS)
ack_lag_seconds = Histogram(
    "lics_edge_ack_lag_seconds", "From arrival to PUBACK, oldest message of each batch.", buckets=_SECONDS
)
rounds_failed = Counter("lics_edge_rounds_failed", "Rounds of a background service that failed.", ["service"])
outbox_published = Counter("lics_edge_outbox_published", "Answers the broker has acknowledged.")
outbox_failed = Counter(
    "lics_edge_outbox_failed", "Answers the broker did not acknowledge in time: published again later."
)
outbox_pending = Gauge("lics_edge_outbox_pending", "Answers claimed and not yet marked as published.")
images_stored = Counter("lics_edge_images_stored", "Images uploaded and completed.")
images_failed = Counter("lics_edge_images_failed", "Uploads that failed: tried again when their lease has run out.")
notifications = Counter("lics_edge_notifications", "Attempts to deliver a notification.", ["channel", "outcome"])
