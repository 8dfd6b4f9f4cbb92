"""What a person sees of the handler."""

from edge.conftest import Database, Handlers, Mosquitto, trial, until


def test_health_and_metrics_tell_what_happened(broker: Mosquitto, database: Database, handlers: Handlers) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker, 3, LICS_COMMIT="abc123")
    handler.start()
    broker.publish(f"devices/{rig.device_id}/data", trial(rig, 1), "no json")
    until(lambda: handler.metric('lics_edge_messages_total{route="rig.data"}') == 2, "both are counted")
    assert handler.metric('lics_edge_dead_letters_total{reason="not_json"}') == 1
    assert handler.metric('lics_edge_items_total{kind="trial"}') == 1
    assert handler.metric("lics_edge_batch_seconds_count") >= 1
    until(lambda: handler.metric("lics_edge_outbox_published_total") >= 1, "the answer is counted")
    health = handler.health()
    assert (health["client_id"], health["commit"], health["ok"]) == ("edge-3", "abc123", True)
    assert (health["unacked_messages"], health["oldest_unacked_s"], health["outbox_pending"]) == (0, 0, 0)


def test_a_missing_function_is_no_messages_fault(broker: Mosquitto, database: Database, handlers: Handlers) -> None:
    rig = database.rigs(1)[0]
    handler = handlers(broker)
    handler.start()
    database.connection.execute("revoke execute on function private.ingest_trials(jsonb, timestamptz) from edge")
    try:
        broker.publish(f"devices/{rig.device_id}/data", trial(rig, 1))
        until(lambda: handler.health()["oldest_unacked_s"] > 1, "the message waits")
        assert database.rows("select 1 from private.mqtt_dead_letters") == []
    finally:
        database.connection.execute("grant execute on function private.ingest_trials(jsonb, timestamptz) to edge")
    until(lambda: database.seqs(rig) == [1], "stored once the right is back")
