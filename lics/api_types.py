"""Types of the public API, for supabase-py. Generated from the database by `lics types`; a test compares.

`XRow` is what a select of everything answers (times and dates as RFC 3339 text), `XInsert` what an insert takes,
`XArgs` and `XReturns` what `rpc("x", args)` takes and answers.
"""
# ruff: noqa: E501

from typing import Any, Literal, NotRequired, TypedDict

Json = Any


class ValueSummaryRow(TypedDict):
    value_count: int | None
    value_max: float | None
    value_min: float | None
    value_sum: float | None


class AlertThresholdsRow(TypedDict):
    battery_critical_v: float | None
    battery_warning_v: float | None
    camera_missed_slots: int | None
    company_id: str
    completeness_min_ratio: float | None
    created_at: str
    device_id: str | None
    failure_max_ratio: float | None
    humidity_drop_critical_pct: float | None
    humidity_drop_warning_pct: float | None
    humidity_max_critical_pct: float | None
    humidity_max_warning_pct: float | None
    humidity_min_critical_pct: float | None
    humidity_min_warning_pct: float | None
    humidity_rise_critical_pct: float | None
    humidity_rise_warning_pct: float | None
    missed_wake_max_count: int | None
    rig_silent_s: int | None
    temperature_drop_critical_c: float | None
    temperature_drop_warning_c: float | None
    temperature_max_critical_c: float | None
    temperature_max_warning_c: float | None
    temperature_min_critical_c: float | None
    temperature_min_warning_c: float | None
    temperature_rise_critical_c: float | None
    temperature_rise_warning_c: float | None
    threshold_id: str
    updated_at: str
    updated_by: str | None


class AlertThresholdsInsert(TypedDict):
    battery_critical_v: NotRequired[float | None]
    battery_warning_v: NotRequired[float | None]
    camera_missed_slots: NotRequired[int | None]
    company_id: str
    completeness_min_ratio: NotRequired[float | None]
    created_at: NotRequired[str]
    device_id: NotRequired[str | None]
    failure_max_ratio: NotRequired[float | None]
    humidity_drop_critical_pct: NotRequired[float | None]
    humidity_drop_warning_pct: NotRequired[float | None]
    humidity_max_critical_pct: NotRequired[float | None]
    humidity_max_warning_pct: NotRequired[float | None]
    humidity_min_critical_pct: NotRequired[float | None]
    humidity_min_warning_pct: NotRequired[float | None]
    humidity_rise_critical_pct: NotRequired[float | None]
    humidity_rise_warning_pct: NotRequired[float | None]
    missed_wake_max_count: NotRequired[int | None]
    rig_silent_s: NotRequired[int | None]
    temperature_drop_critical_c: NotRequired[float | None]
    temperature_drop_warning_c: NotRequired[float | None]
    temperature_max_critical_c: NotRequired[float | None]
    temperature_max_warning_c: NotRequired[float | None]
    temperature_min_critical_c: NotRequired[float | None]
    temperature_min_warning_c: NotRequired[float | None]
    temperature_rise_critical_c: NotRequired[float | None]
    temperature_rise_warning_c: NotRequired[float | None]
    threshold_id: NotRequired[str]
    updated_at: NotRequired[str]
    updated_by: NotRequired[str | None]


class AuditLogRow(TypedDict):
    action: str
    actor_role: str
    actor_user_id: str | None
    at: str
    audit_id: str
    company_id: str
    entity: str
    entity_id: str | None
    new_row: Json | None
    old_row: Json | None


class AuditLogInsert(TypedDict):
    action: str
    actor_role: str
    actor_user_id: NotRequired[str | None]
    at: NotRequired[str]
    audit_id: NotRequired[str]
    company_id: str
    entity: str
    entity_id: NotRequired[str | None]
    new_row: NotRequired[Json | None]
    old_row: NotRequired[Json | None]


class CompaniesRow(TypedDict):
    archived_at: str | None
    company_id: str
    created_at: str
    name: str


class CompaniesInsert(TypedDict):
    archived_at: NotRequired[str | None]
    company_id: NotRequired[str]
    created_at: NotRequired[str]
    name: str


class DeploymentEventsRow(TypedDict):
    applied: bool
    at: str | None
    company_id: str
    deployment_id: str
    details: Json
    event: str
    event_id: str
    reason_code: Literal["agent_busy", "command_expired", "fetch_failed", "hash_mismatch", "spawn_failed", "nonzero_exit", "signal", "agent_restarted", "host_rebooted", "heartbeat_lost", "ack_timeout", "start_timeout", "wall_timeout", "server_backstop", "operator", "superseded"] | None
    received_at: str
    source: Literal["agent", "server", "user"]


class DeploymentEventsInsert(TypedDict):
    applied: bool
    at: NotRequired[str | None]
    company_id: str
    deployment_id: str
    details: NotRequired[Json]
    event: str
    event_id: NotRequired[str]
    reason_code: NotRequired[Literal["agent_busy", "command_expired", "fetch_failed", "hash_mismatch", "spawn_failed", "nonzero_exit", "signal", "agent_restarted", "host_rebooted", "heartbeat_lost", "ack_timeout", "start_timeout", "wall_timeout", "server_backstop", "operator", "superseded"] | None]
    received_at: NotRequired[str]
    source: Literal["agent", "server", "user"]


class DeviceAlertsRow(TypedDict):
    acknowledged_at: str | None
    acknowledged_by: str | None
    alert_id: str
    alert_type: Literal["missed_wake", "high_failure_rate", "low_battery", "image_transmission_failed", "device_offline", "low_completeness", "deployment_failed", "clock_invalid", "temperature_max", "temperature_min", "humidity_max", "humidity_min", "use_own_account"]
    comment: str | None
    company_id: str
    deployment_id: str | None
    details: Json
    device_id: str | None
    first_seen_at: str
    image_id: str | None
    last_seen_at: str
    message: str
    occurrence_count: int
    resolved_at: str | None
    resolved_by: str | None
    session_id: str | None
    severity: Literal["warning", "error", "critical"]
    site_id: str | None
    status: Literal["open", "acknowledged", "resolved"]
    subject_id: str


class DeviceAlertsInsert(TypedDict):
    acknowledged_at: NotRequired[str | None]
    acknowledged_by: NotRequired[str | None]
    alert_id: NotRequired[str]
    alert_type: Literal["missed_wake", "high_failure_rate", "low_battery", "image_transmission_failed", "device_offline", "low_completeness", "deployment_failed", "clock_invalid", "temperature_max", "temperature_min", "humidity_max", "humidity_min", "use_own_account"]
    comment: NotRequired[str | None]
    company_id: str
    deployment_id: NotRequired[str | None]
    details: NotRequired[Json]
    device_id: NotRequired[str | None]
    first_seen_at: NotRequired[str]
    image_id: NotRequired[str | None]
    last_seen_at: NotRequired[str]
    message: str
    occurrence_count: NotRequired[int]
    resolved_at: NotRequired[str | None]
    resolved_by: NotRequired[str | None]
    session_id: NotRequired[str | None]
    severity: Literal["warning", "error", "critical"]
    site_id: NotRequired[str | None]
    status: NotRequired[Literal["open", "acknowledged", "resolved"]]
    subject_id: str


class DeviceCommandsRow(TypedDict):
    acknowledged_at: str | None
    attempts: int
    command: Literal["capture_image", "send_image", "send_all_pending", "next_wake", "ping", "reboot", "run", "stop"]
    command_id: str
    company_id: str
    created_at: str
    deployment_id: str | None
    device_id: str
    expires_at: str | None
    finished_at: str | None
    payload: Json
    published_at: str | None
    requested_by: str | None
    status: Literal["queued", "published", "acknowledged", "done", "expired", "superseded", "failed"]


class DeviceCommandsInsert(TypedDict):
    acknowledged_at: NotRequired[str | None]
    attempts: NotRequired[int]
    command: Literal["capture_image", "send_image", "send_all_pending", "next_wake", "ping", "reboot", "run", "stop"]
    command_id: NotRequired[str]
    company_id: str
    created_at: NotRequired[str]
    deployment_id: NotRequired[str | None]
    device_id: str
    expires_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    payload: NotRequired[Json]
    published_at: NotRequired[str | None]
    requested_by: NotRequired[str | None]
    status: NotRequired[Literal["queued", "published", "acknowledged", "done", "expired", "superseded", "failed"]]


class DeviceDayRollupsRow(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_id: str
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    rollup_date: str
    session_id: str
    site_id: str
    temperature: ValueSummaryRow
    updated_at: str
    wifi_rssi: ValueSummaryRow


class DeviceDayRollupsInsert(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_id: str
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    rollup_date: str
    session_id: str
    site_id: str
    temperature: ValueSummaryRow
    updated_at: NotRequired[str]
    wifi_rssi: ValueSummaryRow


class DeviceErrorCodesRow(TypedDict):
    description: str
    error_code: int
    name: str


class DeviceErrorCodesInsert(TypedDict):
    description: str
    error_code: int
    name: str


class DeviceImagesRow(TypedDict):
    capture_key: str
    captured_at: str
    captured_at_raw: str | None
    company_id: str
    created_at: str
    device_id: str
    error_code: str | None
    error_message: str | None
    image_id: str
    image_name: str
    image_size: int | None
    image_url: str | None
    location: str | None
    max_chunk_size: int | None
    program_id: str
    received_at: str | None
    resent_received_at: str | None
    retry_count: int
    sha256: str | None
    site_device_session_id: str
    site_id: str
    status: Literal["receiving", "complete", "failed"]
    timestamp_source: Literal["device", "server"]
    total_chunk_count: int | None
    updated_at: str


class DeviceImagesInsert(TypedDict):
    capture_key: str
    captured_at: str
    captured_at_raw: NotRequired[str | None]
    company_id: str
    created_at: NotRequired[str]
    device_id: str
    error_code: NotRequired[str | None]
    error_message: NotRequired[str | None]
    image_id: NotRequired[str]
    image_name: str
    image_size: NotRequired[int | None]
    image_url: NotRequired[str | None]
    location: NotRequired[str | None]
    max_chunk_size: NotRequired[int | None]
    program_id: str
    received_at: NotRequired[str | None]
    resent_received_at: NotRequired[str | None]
    retry_count: NotRequired[int]
    sha256: NotRequired[str | None]
    site_device_session_id: str
    site_id: str
    status: NotRequired[Literal["receiving", "complete", "failed"]]
    timestamp_source: NotRequired[Literal["device", "server"]]
    total_chunk_count: NotRequired[int | None]
    updated_at: NotRequired[str]


class DeviceLogsRow(TypedDict):
    boot_id: str | None
    company_id: str
    context: Json
    created_at: str
    deployment_id: str | None
    device_id: str
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    line_no: int | None
    log_id: str
    message: str
    received_at: str
    stream: str | None


class DeviceLogsInsert(TypedDict):
    boot_id: NotRequired[str | None]
    company_id: str
    context: NotRequired[Json]
    created_at: NotRequired[str]
    deployment_id: NotRequired[str | None]
    device_id: str
    level: NotRequired[Literal["DEBUG", "INFO", "WARNING", "ERROR"]]
    line_no: NotRequired[int | None]
    log_id: NotRequired[str]
    message: str
    received_at: NotRequired[str]
    stream: NotRequired[str | None]


class DeviceScheduleChangesRow(TypedDict):
    applied_at: str | None
    applied_by_function: str | None
    cancelled_by: str | None
    change_id: str
    company_id: str
    device_id: str
    effective_date: str
    new_wake_schedule_cron: str | None
    requested_at: str
    requested_by: str | None
    superseded_at: str | None


class DeviceScheduleChangesInsert(TypedDict):
    applied_at: NotRequired[str | None]
    applied_by_function: NotRequired[str | None]
    cancelled_by: NotRequired[str | None]
    change_id: NotRequired[str]
    company_id: str
    device_id: str
    effective_date: str
    new_wake_schedule_cron: NotRequired[str | None]
    requested_at: NotRequired[str]
    requested_by: NotRequired[str | None]
    superseded_at: NotRequired[str | None]


class DeviceStatesRow(TypedDict):
    agent_version: str | None
    battery_voltage: float | None
    company_id: str | None
    device_id: str | None
    device_mac: str | None
    firmware_version: str | None
    kind: str | None
    last_seen_at: str | None
    late_at: str | None
    missed_wake_count: int | None
    name: str | None
    next_wake_at: str | None
    site_id: str | None
    site_name: str | None
    slot_at: str | None
    state: str | None
    wake_schedule_cron: str | None
    wifi_rssi: float | None


class DeviceWakePayloadsRow(TypedDict):
    battery_voltage: float | None
    capture_key: str
    captured_at: str
    captured_at_raw: str | None
    company_id: str
    created_at: str
    device_error_code: int | None
    device_id: str
    gas_resistance: float | None
    humidity: float | None
    image_id: str | None
    image_status: Literal["none", "receiving", "complete", "failed"]
    overage_flag: bool
    payload_id: str
    payload_status: Literal["pending", "complete", "failed"]
    pressure: float | None
    program_id: str
    received_at: str
    resent_received_at: str | None
    site_device_session_id: str
    site_id: str
    slot_at: str | None
    slot_index: int | None
    telemetry_data: Json
    temperature: float | None
    timestamp_source: Literal["device", "server"]
    updated_at: str
    wake_window_index: int | None
    wifi_rssi: float | None


class DeviceWakePayloadsInsert(TypedDict):
    battery_voltage: NotRequired[float | None]
    capture_key: str
    captured_at: str
    captured_at_raw: NotRequired[str | None]
    company_id: str
    created_at: NotRequired[str]
    device_error_code: NotRequired[int | None]
    device_id: str
    gas_resistance: NotRequired[float | None]
    humidity: NotRequired[float | None]
    image_id: NotRequired[str | None]
    image_status: NotRequired[Literal["none", "receiving", "complete", "failed"]]
    overage_flag: NotRequired[bool]
    payload_id: NotRequired[str]
    payload_status: NotRequired[Literal["pending", "complete", "failed"]]
    pressure: NotRequired[float | None]
    program_id: str
    received_at: NotRequired[str]
    resent_received_at: NotRequired[str | None]
    site_device_session_id: str
    site_id: str
    slot_at: NotRequired[str | None]
    slot_index: NotRequired[int | None]
    telemetry_data: NotRequired[Json]
    temperature: NotRequired[float | None]
    timestamp_source: NotRequired[Literal["device", "server"]]
    updated_at: NotRequired[str]
    wake_window_index: NotRequired[int | None]
    wifi_rssi: NotRequired[float | None]


class DevicesRow(TypedDict):
    agent_version: str | None
    archived_at: str | None
    backlog_strategy: Literal["list", "names", "captures"] | None
    battery_voltage: float | None
    boot_id: str | None
    company_id: str
    created_at: str
    created_by: str | None
    device_id: str
    device_mac: str
    firmware_version: str | None
    hardware_version: str | None
    is_active: bool
    kind: Literal["camera", "rig"]
    last_seen_at: str | None
    last_will_at: str | None
    mapped_at: str | None
    name: str
    next_wake_at: str | None
    site_id: str | None
    updated_at: str
    wake_schedule_cron: str | None
    wifi_rssi: float | None
    state: NotRequired[str | None]
    status: NotRequired[str | None]


class DevicesInsert(TypedDict):
    agent_version: NotRequired[str | None]
    archived_at: NotRequired[str | None]
    backlog_strategy: NotRequired[Literal["list", "names", "captures"] | None]
    battery_voltage: NotRequired[float | None]
    boot_id: NotRequired[str | None]
    company_id: str
    created_at: NotRequired[str]
    created_by: NotRequired[str | None]
    device_id: NotRequired[str]
    device_mac: str
    firmware_version: NotRequired[str | None]
    hardware_version: NotRequired[str | None]
    is_active: NotRequired[bool]
    kind: Literal["camera", "rig"]
    last_seen_at: NotRequired[str | None]
    last_will_at: NotRequired[str | None]
    mapped_at: NotRequired[str | None]
    name: str
    next_wake_at: NotRequired[str | None]
    site_id: NotRequired[str | None]
    updated_at: NotRequired[str]
    wake_schedule_cron: NotRequired[str | None]
    wifi_rssi: NotRequired[float | None]


class ExperimentDeploymentsRow(TypedDict):
    acked_at: str | None
    cancel_requested_at: str | None
    company_id: str
    completed_at: str | None
    completeness: Literal["complete", "gaps", "early_exit", "unknown"]
    created_by: str | None
    deployed_at: str
    deployment_id: str
    device_id: str
    ended_by: Literal["agent", "server", "user"] | None
    error_log: str | None
    experiment_id: str
    experiment_version: int
    files: Json
    idempotency_key: str | None
    params: Json
    python_code: str
    reason_code: Literal["agent_busy", "command_expired", "fetch_failed", "hash_mismatch", "spawn_failed", "nonzero_exit", "signal", "agent_restarted", "host_rebooted", "heartbeat_lost", "ack_timeout", "start_timeout", "wall_timeout", "server_backstop", "operator", "superseded"] | None
    retry_of: str | None
    script_sha256: str
    started_at: str | None
    status: Literal["pending", "acked", "running", "completed", "failed", "timed_out", "cancelled"]
    subject_id: str | None
    timeout_s: int
    updated_at: str
    stale: NotRequired[bool | None]


class ExperimentDeploymentsInsert(TypedDict):
    acked_at: NotRequired[str | None]
    cancel_requested_at: NotRequired[str | None]
    company_id: str
    completed_at: NotRequired[str | None]
    completeness: NotRequired[Literal["complete", "gaps", "early_exit", "unknown"]]
    created_by: NotRequired[str | None]
    deployed_at: NotRequired[str]
    deployment_id: NotRequired[str]
    device_id: str
    ended_by: NotRequired[Literal["agent", "server", "user"] | None]
    error_log: NotRequired[str | None]
    experiment_id: str
    experiment_version: int
    files: NotRequired[Json]
    idempotency_key: NotRequired[str | None]
    params: NotRequired[Json]
    python_code: str
    reason_code: NotRequired[Literal["agent_busy", "command_expired", "fetch_failed", "hash_mismatch", "spawn_failed", "nonzero_exit", "signal", "agent_restarted", "host_rebooted", "heartbeat_lost", "ack_timeout", "start_timeout", "wall_timeout", "server_backstop", "operator", "superseded"] | None]
    retry_of: NotRequired[str | None]
    script_sha256: str
    started_at: NotRequired[str | None]
    status: NotRequired[Literal["pending", "acked", "running", "completed", "failed", "timed_out", "cancelled"]]
    subject_id: NotRequired[str | None]
    timeout_s: NotRequired[int]
    updated_at: NotRequired[str]


class ExperimentFilesRow(TypedDict):
    company_id: str
    created_at: str
    created_by: str | None
    experiment_id: str
    path: str
    sha256: str
    size_bytes: int


class ExperimentFilesInsert(TypedDict):
    company_id: str
    created_at: NotRequired[str]
    created_by: NotRequired[str | None]
    experiment_id: str
    path: str
    sha256: str
    size_bytes: int


class ExperimentsRow(TypedDict):
    archived_at: str | None
    company_id: str
    compile_error: str | None
    compile_status: Literal["pending", "compiled", "failed"] | None
    created_at: str
    created_by: str | None
    description: str | None
    experiment_id: str
    name: str
    python_code: str | None
    script_sha256: str | None
    source_kind: Literal["py", "psyexp"]
    source_sha256: str | None
    source_text: str | None
    updated_at: str
    version: int


class ExperimentsInsert(TypedDict):
    archived_at: NotRequired[str | None]
    company_id: str
    compile_error: NotRequired[str | None]
    compile_status: NotRequired[Literal["pending", "compiled", "failed"] | None]
    created_at: NotRequired[str]
    created_by: NotRequired[str | None]
    description: NotRequired[str | None]
    experiment_id: NotRequired[str]
    name: str
    python_code: NotRequired[str | None]
    source_kind: NotRequired[Literal["py", "psyexp"]]
    source_text: NotRequired[str | None]
    updated_at: NotRequired[str]
    version: NotRequired[int]


class NotificationAttemptsRow(TypedDict):
    at: str
    attempt: int
    attempt_id: str
    company_id: str
    delivery_id: str
    error: str | None
    ok: bool
    response_code: int | None


class NotificationAttemptsInsert(TypedDict):
    at: NotRequired[str]
    attempt: int
    attempt_id: NotRequired[str]
    company_id: str
    delivery_id: str
    error: NotRequired[str | None]
    ok: bool
    response_code: NotRequired[int | None]


class NotificationDeliveriesRow(TypedDict):
    alert_id: str
    attempts: int
    channel: Literal["email", "webhook"]
    claimed_until: str | None
    company_id: str
    created_at: str
    delivery_id: str
    event: Literal["opened", "escalated", "resolved"]
    finished_at: str | None
    not_before: str
    payload: Json
    route_id: str
    status: Literal["queued", "delivered", "failed"]


class NotificationDeliveriesInsert(TypedDict):
    alert_id: str
    attempts: NotRequired[int]
    channel: Literal["email", "webhook"]
    claimed_until: NotRequired[str | None]
    company_id: str
    created_at: NotRequired[str]
    delivery_id: NotRequired[str]
    event: Literal["opened", "escalated", "resolved"]
    finished_at: NotRequired[str | None]
    not_before: NotRequired[str]
    payload: Json
    route_id: str
    status: NotRequired[Literal["queued", "delivered", "failed"]]


class NotificationReadsRow(TypedDict):
    company_id: str
    notification_id: str
    read_at: str
    user_id: str


class NotificationReadsInsert(TypedDict):
    company_id: str
    notification_id: str
    read_at: NotRequired[str]
    user_id: str


class NotificationRoutesRow(TypedDict):
    alert_types: list[str] | None
    archived_at: str | None
    channel: Literal["in_app", "email", "webhook"]
    company_id: str
    created_at: str
    created_by: str | None
    is_active: bool
    min_severity: Literal["warning", "error", "critical"]
    name: str
    route_id: str
    target: str | None
    updated_at: str


class NotificationRoutesInsert(TypedDict):
    alert_types: NotRequired[list[str] | None]
    archived_at: NotRequired[str | None]
    channel: Literal["in_app", "email", "webhook"]
    company_id: str
    created_at: NotRequired[str]
    created_by: NotRequired[str | None]
    is_active: NotRequired[bool]
    min_severity: NotRequired[Literal["warning", "error", "critical"]]
    name: str
    route_id: NotRequired[str]
    target: NotRequired[str | None]
    updated_at: NotRequired[str]


class NotificationsRow(TypedDict):
    alert_id: str
    company_id: str
    created_at: str
    event: Literal["opened", "escalated", "resolved"]
    notification_id: str
    severity: Literal["warning", "error", "critical"]
    title: str


class NotificationsInsert(TypedDict):
    alert_id: str
    company_id: str
    created_at: NotRequired[str]
    event: Literal["opened", "escalated", "resolved"]
    notification_id: NotRequired[str]
    severity: Literal["warning", "error", "critical"]
    title: str


class PetriObservationsRow(TypedDict):
    company_id: str
    created_at: str
    device_id: str
    fungicide_used: Literal["Yes", "No"]
    image_id: str
    is_device_generated: bool
    notes: str | None
    observation_id: str
    observed_at: str
    payload_id: str
    petri_code: str
    program_id: str
    site_device_session_id: str
    site_id: str
    slot_index: int | None
    surrounding_water_schedule: str


class PetriObservationsInsert(TypedDict):
    company_id: str
    created_at: NotRequired[str]
    device_id: str
    fungicide_used: NotRequired[Literal["Yes", "No"]]
    image_id: str
    is_device_generated: NotRequired[bool]
    notes: NotRequired[str | None]
    observation_id: NotRequired[str]
    observed_at: str
    payload_id: str
    petri_code: str
    program_id: str
    site_device_session_id: str
    site_id: str
    slot_index: NotRequired[int | None]
    surrounding_water_schedule: NotRequired[str]


class PilotProgramsRow(TypedDict):
    company_id: str
    created_at: str
    end_date: str | None
    program_id: str
    program_name: str
    program_type: Literal["control", "experimental"]
    start_date: str


class PilotProgramsInsert(TypedDict):
    company_id: str
    created_at: NotRequired[str]
    end_date: NotRequired[str | None]
    program_id: NotRequired[str]
    program_name: str
    program_type: NotRequired[Literal["control", "experimental"]]
    start_date: NotRequired[str]


class ProgramDayRollupsRow(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_count: int
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    program_id: str
    rollup_date: str
    session_count: int
    temperature: ValueSummaryRow
    timezone: str
    updated_at: str
    wifi_rssi: ValueSummaryRow


class ProgramDayRollupsInsert(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_count: int
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    program_id: str
    rollup_date: str
    session_count: int
    temperature: ValueSummaryRow
    timezone: str
    updated_at: NotRequired[str]
    wifi_rssi: ValueSummaryRow


class SiteDayRollupsRow(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_count: int
    ends_at: str
    expected_by_deadline: list[int]
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    program_id: str
    received_by_deadline: list[int]
    rollup_date: str
    session_id: str
    site_id: str
    slot_at: list[str]
    slot_completed: list[int]
    slot_deadline: list[str]
    slot_expected: list[int]
    slot_failed: list[int]
    slot_pending: list[int]
    starts_at: str
    temperature: ValueSummaryRow
    timezone: str
    updated_at: str
    wifi_rssi: ValueSummaryRow


class SiteDayRollupsInsert(TypedDict):
    battery_voltage: ValueSummaryRow
    company_id: str
    completed_wake_count: int
    device_count: int
    ends_at: str
    expected_by_deadline: list[int]
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    gas_resistance: ValueSummaryRow
    humidity: ValueSummaryRow
    pending_wake_count: int
    pressure: ValueSummaryRow
    program_id: str
    received_by_deadline: list[int]
    rollup_date: str
    session_id: str
    site_id: str
    slot_at: list[str]
    slot_completed: list[int]
    slot_deadline: list[str]
    slot_expected: list[int]
    slot_failed: list[int]
    slot_pending: list[int]
    starts_at: str
    temperature: ValueSummaryRow
    timezone: str
    updated_at: NotRequired[str]
    wifi_rssi: ValueSummaryRow


class SiteDeviceSessionsRow(TypedDict):
    company_id: str
    completed_wake_count: int
    config_changed_flag: bool
    created_at: str
    ends_at: str
    expected_wake_count: int
    extra_wake_count: int
    failed_wake_count: int
    locked_at: str | None
    opened_at: str | None
    pending_wake_count: int
    program_id: str
    session_date: str
    session_id: str
    site_id: str
    starts_at: str
    status: Literal["pending", "in_progress", "locked"]
    timezone: str
    updated_at: str


class SiteDeviceSessionsInsert(TypedDict):
    company_id: str
    completed_wake_count: NotRequired[int]
    config_changed_flag: NotRequired[bool]
    created_at: NotRequired[str]
    ends_at: str
    expected_wake_count: NotRequired[int]
    extra_wake_count: NotRequired[int]
    failed_wake_count: NotRequired[int]
    locked_at: NotRequired[str | None]
    opened_at: NotRequired[str | None]
    pending_wake_count: NotRequired[int]
    program_id: str
    session_date: str
    session_id: NotRequired[str]
    site_id: str
    starts_at: str
    status: NotRequired[Literal["pending", "in_progress", "locked"]]
    timezone: str
    updated_at: NotRequired[str]


class SiteSessionDevicesRow(TypedDict):
    added_mid_day: bool
    company_id: str
    counts_from: str
    counts_until: str
    device_id: str
    expected_wake_count: int
    kept_slots: list[str]
    session_id: str
    wake_schedule_cron: str | None


class SiteSessionDevicesInsert(TypedDict):
    added_mid_day: NotRequired[bool]
    company_id: str
    counts_from: str
    counts_until: str
    device_id: str
    expected_wake_count: NotRequired[int]
    kept_slots: NotRequired[list[str]]
    session_id: str
    wake_schedule_cron: NotRequired[str | None]


class SitesRow(TypedDict):
    archived_at: str | None
    company_id: str
    created_at: str
    name: str
    opened_until: str | None
    program_id: str
    site_id: str
    timezone: str


class SitesInsert(TypedDict):
    archived_at: NotRequired[str | None]
    company_id: str
    created_at: NotRequired[str]
    name: str
    opened_until: NotRequired[str | None]
    program_id: str
    site_id: NotRequired[str]
    timezone: str


class TrialCurrentRow(TypedDict):
    boot_id: str | None
    company_id: str | None
    correct: bool | None
    custom_data: Json | None
    deployment_id: str | None
    device_id: str | None
    ended_at: str | None
    flags: list[str] | None
    kind: str | None
    late: bool | None
    partial: bool | None
    reaction_time: float | None
    received_at: str | None
    response: Json | None
    rev: int | None
    seq: int | None
    started_at: str | None
    trial_id: str | None
    trial_number: int | None


class TrialResultsRow(TypedDict):
    boot_id: str | None
    company_id: str
    content_sha256: str
    correct: bool | None
    custom_data: Json | None
    deployment_id: str
    device_id: str
    ended_at: str
    flags: list[str]
    kind: Literal["trial", "entry"]
    late: bool
    partial: bool
    reaction_time: float | None
    received_at: str
    response: Json | None
    rev: int
    seq: int | None
    started_at: str
    trial_id: str
    trial_number: int


class TrialResultsInsert(TypedDict):
    boot_id: NotRequired[str | None]
    company_id: str
    content_sha256: str
    correct: NotRequired[bool | None]
    custom_data: NotRequired[Json | None]
    deployment_id: str
    device_id: str
    ended_at: str
    flags: NotRequired[list[str]]
    kind: NotRequired[Literal["trial", "entry"]]
    late: NotRequired[bool]
    partial: NotRequired[bool]
    reaction_time: NotRequired[float | None]
    received_at: NotRequired[str]
    response: NotRequired[Json | None]
    rev: NotRequired[int]
    seq: NotRequired[int | None]
    started_at: str
    trial_id: NotRequired[str]
    trial_number: int


class UserActiveCompanyContextRow(TypedDict):
    company_id: str
    set_at: str
    user_id: str


class UserActiveCompanyContextInsert(TypedDict):
    company_id: str
    set_at: NotRequired[str]
    user_id: str


class UsersRow(TypedDict):
    company_id: str
    created_at: str
    email: str
    full_name: str | None
    is_active: bool
    is_super_admin: bool
    role: Literal["viewer", "member", "admin"]
    user_id: str


class UsersInsert(TypedDict):
    company_id: str
    created_at: NotRequired[str]
    email: str
    full_name: NotRequired[str | None]
    is_active: NotRequired[bool]
    is_super_admin: NotRequired[bool]
    role: NotRequired[Literal["viewer", "member", "admin"]]
    user_id: str


class AcknowledgeAlertArgs(TypedDict):
    p_alert_id: str
    p_comment: NotRequired[str]
    p_now: NotRequired[str]


AcknowledgeAlertReturns = Json


class AlertThresholdsOfArgs(TypedDict):
    p_device_id: NotRequired[str]


AlertThresholdsOfReturns = Json


class ArchiveDeviceArgs(TypedDict):
    p_device_id: str
    p_now: NotRequired[str]


ArchiveDeviceReturns = Json


class ArchiveNotificationRouteArgs(TypedDict):
    p_route_id: str
    p_now: NotRequired[str]


ArchiveNotificationRouteReturns = Json


class CancelCommandArgs(TypedDict):
    p_command_id: str
    p_now: NotRequired[str]


CancelCommandReturns = Json


class CancelDeploymentArgs(TypedDict):
    p_deployment_id: str
    p_now: NotRequired[str]


CancelDeploymentReturns = Json


class CancelScheduleChangeArgs(TypedDict):
    p_change_id: str
    p_now: NotRequired[str]


CancelScheduleChangeReturns = Json


class ClaimDeploymentArgs(TypedDict):
    p_deployment_id: NotRequired[str]
    p_experiment_id: NotRequired[str]


ClaimDeploymentReturns = Json


class ClaimFileArgs(TypedDict):
    p_deployment_id: str
    p_sha256: str


ClaimFileReturns = Json


class CommentAlertArgs(TypedDict):
    p_alert_id: str
    p_comment: str
    p_now: NotRequired[str]


CommentAlertReturns = Json


class CompanyTrendArgs(TypedDict):
    p_days: NotRequired[int]
    p_now: NotRequired[str]


class CompanyTrendResult(TypedDict):
    date: str | None
    session_count: int | None
    expected_wake_count: int | None
    completed_wake_count: int | None
    failed_wake_count: int | None
    pending_wake_count: int | None
    extra_wake_count: int | None
    completeness_pct: float | None
    avg_temp: float | None
    min_temp: float | None
    max_temp: float | None
    avg_humidity: float | None
    avg_battery_voltage: float | None


CompanyTrendReturns = list[CompanyTrendResult]


class CompletenessBandArgs(TypedDict):
    p_completed: int
    p_expected: int


CompletenessBandReturns = str


class CreateCameraAccountsArgs(TypedDict):
    p_device_ids: list[str]


CreateCameraAccountsReturns = Json


class CreateEnrolmentTokenArgs(TypedDict):
    p_ttl: NotRequired[str]


CreateEnrolmentTokenReturns = Json


class CustomAccessTokenHookArgs(TypedDict):
    event: Json


CustomAccessTokenHookReturns = Json


class DeployExperimentArgs(TypedDict):
    p_experiment_id: str
    p_device_id: str
    p_params: NotRequired[Json]
    p_subject_id: NotRequired[str]
    p_timeout_s: NotRequired[int]
    p_retry_of: NotRequired[str]
    p_now: NotRequired[str]


DeployExperimentReturns = Json


class DeploymentStatsArgs(TypedDict):
    p_deployment_id: str
    p_now: NotRequired[str]


DeploymentStatsReturns = Json


class DeviceAuthArgs(TypedDict):
    device_api_key: str


DeviceAuthReturns = Json


class DeviceHeartbeatArgs(TypedDict):
    p_status: NotRequired[str]


DeviceHeartbeatReturns = Json


class DevicePageArgs(TypedDict):
    p_device_id: str
    p_now: NotRequired[str]


DevicePageReturns = Json


class DeviceTrendArgs(TypedDict):
    p_device_id: str
    p_days: NotRequired[int]
    p_now: NotRequired[str]


class DeviceTrendResult(TypedDict):
    date: str | None
    avg_temp: float | None
    min_temp: float | None
    max_temp: float | None
    avg_humidity: float | None
    avg_pressure: float | None
    avg_gas_resistance: float | None
    avg_battery_voltage: float | None
    min_battery_voltage: float | None
    avg_wifi_rssi: float | None
    expected_wake_count: int | None
    completed_wake_count: int | None
    failed_wake_count: int | None
    pending_wake_count: int | None
    extra_wake_count: int | None
    completeness_pct: float | None


DeviceTrendReturns = list[DeviceTrendResult]


class DevicesPageArgs(TypedDict):
    p_limit: NotRequired[int]
    p_after_name: NotRequired[str]
    p_after_device_id: NotRequired[str]
    p_kind: NotRequired[str]
    p_states: NotRequired[list[str]]
    p_site_id: NotRequired[str]
    p_program_id: NotRequired[str]
    p_search: NotRequired[str]
    p_battery_below_v: NotRequired[float]
    p_version: NotRequired[str]
    p_archived: NotRequired[bool]
    p_now: NotRequired[str]


DevicesPageReturns = Json


class ExplainSessionArgs(TypedDict):
    p_session_id: str


ExplainSessionReturns = Json


class ExportDeploymentCsvArgs(TypedDict):
    p_deployment_id: str


ExportDeploymentCsvReturns = str


class FnCronOccurrencesArgs(TypedDict):
    p_expr: str
    p_from: str
    p_until: str
    p_tz: str


FnCronOccurrencesReturns = list[str]


class FnEndOfDayLockerArgs(TypedDict):
    p_site_id: str
    p_now: NotRequired[str]


FnEndOfDayLockerReturns = Json


class FnEndOfDayLockerAllArgs(TypedDict):
    p_now: NotRequired[str]


FnEndOfDayLockerAllReturns = Json


class FnImageCompletionHandlerArgs(TypedDict):
    p_image_id: str
    p_image_url: str
    p_now: NotRequired[str]


FnImageCompletionHandlerReturns = Json


class FnImageFailureHandlerArgs(TypedDict):
    p_image_id: str
    p_error_code: str
    p_error_message: NotRequired[str]
    p_now: NotRequired[str]


FnImageFailureHandlerReturns = Json


class FnInferWakeWindowIndexArgs(TypedDict):
    p_captured_at: str
    p_cron: str
    p_tz: str


class FnInferWakeWindowIndexResult(TypedDict):
    session_date: str | None
    wake_index: int | None
    slot_at: str | None
    is_overage: bool | None


FnInferWakeWindowIndexReturns = FnInferWakeWindowIndexResult


class FnMidnightSessionOpenerArgs(TypedDict):
    p_site_id: str
    p_now: NotRequired[str]


FnMidnightSessionOpenerReturns = Json


class FnMidnightSessionOpenerAllArgs(TypedDict):
    p_now: NotRequired[str]


FnMidnightSessionOpenerAllReturns = Json


class FnRetryByIdHandlerArgs(TypedDict):
    p_device_id: str
    p_image_name: str
    p_new_image_url: NotRequired[str]
    p_now: NotRequired[str]


FnRetryByIdHandlerReturns = Json


class FnVerifySessionCountersArgs(TypedDict):
    p_now: NotRequired[str]


FnVerifySessionCountersReturns = Json


class FnWakeIngestionHandlerArgs(TypedDict):
    p_device_id: str
    p_captured_at: str
    p_image_name: str
    p_telemetry_data: NotRequired[Json]
    p_now: NotRequired[str]


FnWakeIngestionHandlerReturns = Json


class GetActiveCompanyIdArgs(TypedDict):
    pass


GetActiveCompanyIdReturns = str


class ImportDevicesArgs(TypedDict):
    p_rows: Json
    p_dry_run: NotRequired[bool]
    p_now: NotRequired[str]


ImportDevicesReturns = Json


class ListCompaniesArgs(TypedDict):
    pass


ListCompaniesReturns = list[CompaniesRow]


class ListDeadLettersArgs(TypedDict):
    p_limit: NotRequired[int]
    p_before: NotRequired[str]


class ListDeadLettersResult(TypedDict):
    dead_letter_id: str | None
    topic: str | None
    payload: str | None
    payload_bytes: int | None
    reason: str | None
    detail: str | None
    company_id: str | None
    device_id: str | None
    received_at: str | None
    replayed_at: str | None


ListDeadLettersReturns = list[ListDeadLettersResult]


class ListPendingDevicesArgs(TypedDict):
    pass


class ListPendingDevicesResult(TypedDict):
    device_mac: str | None
    first_seen_at: str | None
    last_seen_at: str | None
    battery_voltage: float | None
    wifi_rssi: float | None
    firmware_version: str | None
    seen_on_enrolment_at: str | None


ListPendingDevicesReturns = list[ListPendingDevicesResult]


class MapDeviceArgs(TypedDict):
    p_device_mac: str
    p_site_id: str
    p_name: str
    p_wake_schedule_cron: NotRequired[str]
    p_now: NotRequired[str]


MapDeviceReturns = Json


class MarkNotificationsReadArgs(TypedDict):
    p_notification_ids: NotRequired[list[str]]
    p_now: NotRequired[str]


MarkNotificationsReadReturns = Json


class MoveDeviceArgs(TypedDict):
    p_device_id: str
    p_site_id: str
    p_now: NotRequired[str]


MoveDeviceReturns = Json


class PendingWorkArgs(TypedDict):
    p_now: NotRequired[str]


PendingWorkReturns = Json


class PreviewScheduleArgs(TypedDict):
    p_cron: str
    p_tz: str
    p_count: NotRequired[int]
    p_now: NotRequired[str]


PreviewScheduleReturns = list[str]


class ProgramComparisonArgs(TypedDict):
    p_days: NotRequired[int]
    p_now: NotRequired[str]


class ProgramComparisonResult(TypedDict):
    program_name: str | None
    program_type: str | None
    total_sessions: int | None
    avg_completed_wakes: float | None
    avg_temperature: float | None
    avg_humidity: float | None
    expected_wake_count: int | None
    completed_wake_count: int | None
    failed_wake_count: int | None
    extra_wake_count: int | None
    completeness_pct: float | None
    program_id: str | None


ProgramComparisonReturns = list[ProgramComparisonResult]


class ProgramTrendArgs(TypedDict):
    p_program_id: str
    p_days: NotRequired[int]
    p_now: NotRequired[str]


class ProgramTrendResult(TypedDict):
    date: str | None
    session_count: int | None
    expected_wake_count: int | None
    completed_wake_count: int | None
    failed_wake_count: int | None
    pending_wake_count: int | None
    extra_wake_count: int | None
    completeness_pct: float | None
    avg_temp: float | None
    min_temp: float | None
    max_temp: float | None
    avg_humidity: float | None
    avg_battery_voltage: float | None


ProgramTrendReturns = list[ProgramTrendResult]


class PutNotificationRouteArgs(TypedDict):
    p_name: str
    p_channel: str
    p_target: NotRequired[str]
    p_min_severity: NotRequired[str]
    p_alert_types: NotRequired[list[str]]
    p_is_active: NotRequired[bool]
    p_route_id: NotRequired[str]
    p_now: NotRequired[str]


PutNotificationRouteReturns = Json


class RegisterDeviceArgs(TypedDict):
    p_device_mac: str
    p_name: str
    p_site_id: NotRequired[str]
    p_enrolment_token: NotRequired[str]


RegisterDeviceReturns = Json


class RequestImageRetryArgs(TypedDict):
    p_image_id: str
    p_now: NotRequired[str]


RequestImageRetryReturns = Json


class RequestScheduleChangeArgs(TypedDict):
    p_device_id: str
    p_new_wake_schedule_cron: str
    p_effective_date: NotRequired[str]
    p_now: NotRequired[str]


RequestScheduleChangeReturns = Json


class ResetAlertThresholdsArgs(TypedDict):
    p_device_id: NotRequired[str]
    p_now: NotRequired[str]


ResetAlertThresholdsReturns = Json


class ResolveAlertArgs(TypedDict):
    p_alert_id: str
    p_comment: NotRequired[str]
    p_now: NotRequired[str]


ResolveAlertReturns = Json


class RetryMissingArgs(TypedDict):
    p_site_id: NotRequired[str]
    p_date: NotRequired[str]
    p_now: NotRequired[str]


RetryMissingReturns = Json


class RevokeDeviceArgs(TypedDict):
    p_device_id: str


RevokeDeviceReturns = Json


class RotateDeviceKeyArgs(TypedDict):
    p_device_id: str


RotateDeviceKeyReturns = Json


class RotateFleetAccountArgs(TypedDict):
    pass


RotateFleetAccountReturns = Json


class RunPageArgs(TypedDict):
    p_deployment_id: str
    p_now: NotRequired[str]


RunPageReturns = Json


class SaveExperimentArgs(TypedDict):
    p_name: NotRequired[str]
    p_description: NotRequired[str]
    p_python_code: NotRequired[str]
    p_experiment_id: NotRequired[str]
    p_source_kind: NotRequired[str]
    p_source_text: NotRequired[str]
    p_archived: NotRequired[bool]
    p_now: NotRequired[str]


SaveExperimentReturns = Json


class SaveExperimentFileArgs(TypedDict):
    p_experiment_id: str
    p_path: str
    p_content_base64: NotRequired[str]
    p_now: NotRequired[str]


SaveExperimentFileReturns = Json


class SendDeviceCommandArgs(TypedDict):
    p_device_id: str
    p_command: str
    p_now: NotRequired[str]


SendDeviceCommandReturns = Json


class SetActiveCompanyContextArgs(TypedDict):
    p_company_id: str


SetActiveCompanyContextReturns = Json


class SetAlertThresholdsArgs(TypedDict):
    p_limits: Json
    p_device_id: NotRequired[str]
    p_now: NotRequired[str]


SetAlertThresholdsReturns = Json


class SiteDailySummaryArgs(TypedDict):
    p_site_id: str
    p_days: NotRequired[int]
    p_now: NotRequired[str]


class SiteDailySummaryResult(TypedDict):
    session_date: str | None
    expected_wake_count: int | None
    completed_wake_count: int | None
    failed_wake_count: int | None
    completeness_pct: float | None
    avg_temp: float | None
    avg_humidity: float | None
    completeness_band: str | None
    pending_wake_count: int | None
    extra_wake_count: int | None
    min_temp: float | None
    max_temp: float | None
    avg_battery_voltage: float | None
    session_id: str | None
    status: str | None


SiteDailySummaryReturns = list[SiteDailySummaryResult]


class SiteDayArgs(TypedDict):
    p_site_id: str
    p_date: NotRequired[str]
    p_now: NotRequired[str]


SiteDayReturns = Json


class TodayArgs(TypedDict):
    p_limit: NotRequired[int]
    p_after_missing: NotRequired[int]
    p_after_site_id: NotRequired[str]
    p_now: NotRequired[str]


TodayReturns = Json


class UnmapDeviceArgs(TypedDict):
    p_device_id: str
    p_now: NotRequired[str]


UnmapDeviceReturns = Json


class WakeOnceArgs(TypedDict):
    p_device_id: str
    p_at: NotRequired[str]
    p_now: NotRequired[str]


WakeOnceReturns = Json
