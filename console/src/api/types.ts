// Generated from the database by `lics types`; a test compares.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: { PostgrestVersion: '12.0.2' }
  public: {
    Tables: {
      alert_thresholds: {
        Row: {
          battery_critical_v: number | null
          battery_warning_v: number | null
          camera_missed_slots: number | null
          company_id: string
          completeness_min_ratio: number | null
          created_at: string
          device_id: string | null
          failure_max_ratio: number | null
          humidity_drop_critical_pct: number | null
          humidity_drop_warning_pct: number | null
          humidity_max_critical_pct: number | null
          humidity_max_warning_pct: number | null
          humidity_min_critical_pct: number | null
          humidity_min_warning_pct: number | null
          humidity_rise_critical_pct: number | null
          humidity_rise_warning_pct: number | null
          missed_wake_max_count: number | null
          rig_silent_s: number | null
          temperature_drop_critical_c: number | null
          temperature_drop_warning_c: number | null
          temperature_max_critical_c: number | null
          temperature_max_warning_c: number | null
          temperature_min_critical_c: number | null
          temperature_min_warning_c: number | null
          temperature_rise_critical_c: number | null
          temperature_rise_warning_c: number | null
          threshold_id: string
          updated_at: string
          updated_by: string | null
        }
        Insert: {
          battery_critical_v?: number | null
          battery_warning_v?: number | null
          camera_missed_slots?: number | null
          company_id: string
          completeness_min_ratio?: number | null
          created_at?: string
          device_id?: string | null
          failure_max_ratio?: number | null
          humidity_drop_critical_pct?: number | null
          humidity_drop_warning_pct?: number | null
          humidity_max_critical_pct?: number | null
          humidity_max_warning_pct?: number | null
          humidity_min_critical_pct?: number | null
          humidity_min_warning_pct?: number | null
          humidity_rise_critical_pct?: number | null
          humidity_rise_warning_pct?: number | null
          missed_wake_max_count?: number | null
          rig_silent_s?: number | null
          temperature_drop_critical_c?: number | null
          temperature_drop_warning_c?: number | null
          temperature_max_critical_c?: number | null
          temperature_max_warning_c?: number | null
          temperature_min_critical_c?: number | null
          temperature_min_warning_c?: number | null
          temperature_rise_critical_c?: number | null
          temperature_rise_warning_c?: number | null
          threshold_id?: string
          updated_at?: string
          updated_by?: string | null
        }
        Update: {
          battery_critical_v?: number | null
          battery_warning_v?: number | null
          camera_missed_slots?: number | null
          company_id?: string
          completeness_min_ratio?: number | null
          created_at?: string
          device_id?: string | null
          failure_max_ratio?: number | null
          humidity_drop_critical_pct?: number | null
          humidity_drop_warning_pct?: number | null
          humidity_max_critical_pct?: number | null
          humidity_max_warning_pct?: number | null
          humidity_min_critical_pct?: number | null
          humidity_min_warning_pct?: number | null
          humidity_rise_critical_pct?: number | null
          humidity_rise_warning_pct?: number | null
          missed_wake_max_count?: number | null
          rig_silent_s?: number | null
          temperature_drop_critical_c?: number | null
          temperature_drop_warning_c?: number | null
          temperature_max_critical_c?: number | null
          temperature_max_warning_c?: number | null
          temperature_min_critical_c?: number | null
          temperature_min_warning_c?: number | null
          temperature_rise_critical_c?: number | null
          temperature_rise_warning_c?: number | null
          threshold_id?: string
          updated_at?: string
          updated_by?: string | null
        }
        Relationships: [
          { foreignKeyName: 'alert_thresholds_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'alert_thresholds_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
      audit_log: {
        Row: {
          action: string
          actor_role: string
          actor_user_id: string | null
          at: string
          audit_id: string
          company_id: string
          entity: string
          entity_id: string | null
          new_row: Json | null
          old_row: Json | null
        }
        Insert: {
          action: string
          actor_role: string
          actor_user_id?: string | null
          at?: string
          audit_id?: string
          company_id: string
          entity: string
          entity_id?: string | null
          new_row?: Json | null
          old_row?: Json | null
        }
        Update: {
          action?: string
          actor_role?: string
          actor_user_id?: string | null
          at?: string
          audit_id?: string
          company_id?: string
          entity?: string
          entity_id?: string | null
          new_row?: Json | null
          old_row?: Json | null
        }
        Relationships: [
          { foreignKeyName: 'audit_log_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
      companies: {
        Row: {
          archived_at: string | null
          company_id: string
          created_at: string
          name: string
        }
        Insert: {
          archived_at?: string | null
          company_id?: string
          created_at?: string
          name: string
        }
        Update: {
          archived_at?: string | null
          company_id?: string
          created_at?: string
          name?: string
        }
        Relationships: [
        ]
      }
      deployment_events: {
        Row: {
          applied: boolean
          at: string | null
          company_id: string
          deployment_id: string
          details: Json
          event: string
          event_id: string
          reason_code: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          received_at: string
          source: 'agent' | 'server' | 'user'
        }
        Insert: {
          applied: boolean
          at?: string | null
          company_id: string
          deployment_id: string
          details?: Json
          event: string
          event_id?: string
          reason_code?: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          received_at?: string
          source: 'agent' | 'server' | 'user'
        }
        Update: {
          applied?: boolean
          at?: string | null
          company_id?: string
          deployment_id?: string
          details?: Json
          event?: string
          event_id?: string
          reason_code?: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          received_at?: string
          source?: 'agent' | 'server' | 'user'
        }
        Relationships: [
          { foreignKeyName: 'deployment_events_company_id_deployment_id_fkey'; columns: ['company_id', 'deployment_id']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
        ]
      }
      device_alerts: {
        Row: {
          acknowledged_at: string | null
          acknowledged_by: string | null
          alert_id: string
          alert_type: 'missed_wake' | 'high_failure_rate' | 'low_battery' | 'image_transmission_failed' | 'device_offline' | 'low_completeness' | 'deployment_failed' | 'clock_invalid' | 'temperature_max' | 'temperature_min' | 'humidity_max' | 'humidity_min' | 'use_own_account'
          comment: string | null
          company_id: string
          deployment_id: string | null
          details: Json
          device_id: string | null
          first_seen_at: string
          image_id: string | null
          last_seen_at: string
          message: string
          occurrence_count: number
          resolved_at: string | null
          resolved_by: string | null
          session_id: string | null
          severity: 'warning' | 'error' | 'critical'
          site_id: string | null
          status: 'open' | 'acknowledged' | 'resolved'
          subject_id: string
        }
        Insert: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          alert_id?: string
          alert_type: 'missed_wake' | 'high_failure_rate' | 'low_battery' | 'image_transmission_failed' | 'device_offline' | 'low_completeness' | 'deployment_failed' | 'clock_invalid' | 'temperature_max' | 'temperature_min' | 'humidity_max' | 'humidity_min' | 'use_own_account'
          comment?: string | null
          company_id: string
          deployment_id?: string | null
          details?: Json
          device_id?: string | null
          first_seen_at?: string
          image_id?: string | null
          last_seen_at?: string
          message: string
          occurrence_count?: number
          resolved_at?: string | null
          resolved_by?: string | null
          session_id?: string | null
          severity: 'warning' | 'error' | 'critical'
          site_id?: string | null
          status?: 'open' | 'acknowledged' | 'resolved'
          subject_id: string
        }
        Update: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          alert_id?: string
          alert_type?: 'missed_wake' | 'high_failure_rate' | 'low_battery' | 'image_transmission_failed' | 'device_offline' | 'low_completeness' | 'deployment_failed' | 'clock_invalid' | 'temperature_max' | 'temperature_min' | 'humidity_max' | 'humidity_min' | 'use_own_account'
          comment?: string | null
          company_id?: string
          deployment_id?: string | null
          details?: Json
          device_id?: string | null
          first_seen_at?: string
          image_id?: string | null
          last_seen_at?: string
          message?: string
          occurrence_count?: number
          resolved_at?: string | null
          resolved_by?: string | null
          session_id?: string | null
          severity?: 'warning' | 'error' | 'critical'
          site_id?: string | null
          status?: 'open' | 'acknowledged' | 'resolved'
          subject_id?: string
        }
        Relationships: [
          { foreignKeyName: 'device_alerts_company_id_deployment_id_fkey'; columns: ['company_id', 'deployment_id']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
          { foreignKeyName: 'device_alerts_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'device_alerts_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
          { foreignKeyName: 'device_alerts_company_id_image_id_fkey'; columns: ['company_id', 'image_id']; isOneToOne: false; referencedRelation: 'device_images'; referencedColumns: ['company_id', 'image_id'] },
          { foreignKeyName: 'device_alerts_company_id_session_id_fkey'; columns: ['company_id', 'session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'device_alerts_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      device_commands: {
        Row: {
          acknowledged_at: string | null
          attempts: number
          command: 'capture_image' | 'send_image' | 'send_all_pending' | 'next_wake' | 'ping' | 'reboot' | 'run' | 'stop'
          command_id: string
          company_id: string
          created_at: string
          deployment_id: string | null
          device_id: string
          expires_at: string | null
          finished_at: string | null
          payload: Json
          published_at: string | null
          requested_by: string | null
          status: 'queued' | 'published' | 'acknowledged' | 'done' | 'expired' | 'superseded' | 'failed'
        }
        Insert: {
          acknowledged_at?: string | null
          attempts?: number
          command: 'capture_image' | 'send_image' | 'send_all_pending' | 'next_wake' | 'ping' | 'reboot' | 'run' | 'stop'
          command_id?: string
          company_id: string
          created_at?: string
          deployment_id?: string | null
          device_id: string
          expires_at?: string | null
          finished_at?: string | null
          payload?: Json
          published_at?: string | null
          requested_by?: string | null
          status?: 'queued' | 'published' | 'acknowledged' | 'done' | 'expired' | 'superseded' | 'failed'
        }
        Update: {
          acknowledged_at?: string | null
          attempts?: number
          command?: 'capture_image' | 'send_image' | 'send_all_pending' | 'next_wake' | 'ping' | 'reboot' | 'run' | 'stop'
          command_id?: string
          company_id?: string
          created_at?: string
          deployment_id?: string | null
          device_id?: string
          expires_at?: string | null
          finished_at?: string | null
          payload?: Json
          published_at?: string | null
          requested_by?: string | null
          status?: 'queued' | 'published' | 'acknowledged' | 'done' | 'expired' | 'superseded' | 'failed'
        }
        Relationships: [
          { foreignKeyName: 'device_commands_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'device_commands_deployment_fkey'; columns: ['company_id', 'deployment_id']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
        ]
      }
      device_day_rollups: {
        Row: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_id: string
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          rollup_date: string
          session_id: string
          site_id: string
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          updated_at: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Insert: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_id: string
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          rollup_date: string
          session_id: string
          site_id: string
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          updated_at?: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Update: {
          battery_voltage?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id?: string
          completed_wake_count?: number
          device_id?: string
          expected_wake_count?: number
          extra_wake_count?: number
          failed_wake_count?: number
          gas_resistance?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count?: number
          pressure?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          rollup_date?: string
          session_id?: string
          site_id?: string
          temperature?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          updated_at?: string
          wifi_rssi?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Relationships: [
          { foreignKeyName: 'device_day_rollups_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'device_day_rollups_company_id_session_id_fkey'; columns: ['company_id', 'session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'device_day_rollups_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      device_error_codes: {
        Row: {
          description: string
          error_code: number
          name: string
        }
        Insert: {
          description: string
          error_code: number
          name: string
        }
        Update: {
          description?: string
          error_code?: number
          name?: string
        }
        Relationships: [
        ]
      }
      device_images: {
        Row: {
          capture_key: string
          captured_at: string
          captured_at_raw: string | null
          company_id: string
          created_at: string
          device_id: string
          error_code: string | null
          error_message: string | null
          image_id: string
          image_name: string
          image_size: number | null
          image_url: string | null
          location: string | null
          max_chunk_size: number | null
          program_id: string
          received_at: string | null
          resent_received_at: string | null
          retry_count: number
          sha256: string | null
          site_device_session_id: string
          site_id: string
          status: 'receiving' | 'complete' | 'failed'
          timestamp_source: 'device' | 'server'
          total_chunk_count: number | null
          updated_at: string
        }
        Insert: {
          capture_key: string
          captured_at: string
          captured_at_raw?: string | null
          company_id: string
          created_at?: string
          device_id: string
          error_code?: string | null
          error_message?: string | null
          image_id?: string
          image_name: string
          image_size?: number | null
          image_url?: string | null
          location?: string | null
          max_chunk_size?: number | null
          program_id: string
          received_at?: string | null
          resent_received_at?: string | null
          retry_count?: number
          sha256?: string | null
          site_device_session_id: string
          site_id: string
          status?: 'receiving' | 'complete' | 'failed'
          timestamp_source?: 'device' | 'server'
          total_chunk_count?: number | null
          updated_at?: string
        }
        Update: {
          capture_key?: string
          captured_at?: string
          captured_at_raw?: string | null
          company_id?: string
          created_at?: string
          device_id?: string
          error_code?: string | null
          error_message?: string | null
          image_id?: string
          image_name?: string
          image_size?: number | null
          image_url?: string | null
          location?: string | null
          max_chunk_size?: number | null
          program_id?: string
          received_at?: string | null
          resent_received_at?: string | null
          retry_count?: number
          sha256?: string | null
          site_device_session_id?: string
          site_id?: string
          status?: 'receiving' | 'complete' | 'failed'
          timestamp_source?: 'device' | 'server'
          total_chunk_count?: number | null
          updated_at?: string
        }
        Relationships: [
          { foreignKeyName: 'device_images_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'device_images_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
          { foreignKeyName: 'device_images_company_id_site_device_session_id_fkey'; columns: ['company_id', 'site_device_session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'device_images_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      device_logs: {
        Row: {
          boot_id: string | null
          company_id: string
          context: Json
          created_at: string
          deployment_id: string | null
          device_id: string
          level: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR'
          line_no: number | null
          log_id: string
          message: string
          received_at: string
          stream: string | null
        }
        Insert: {
          boot_id?: string | null
          company_id: string
          context?: Json
          created_at?: string
          deployment_id?: string | null
          device_id: string
          level?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR'
          line_no?: number | null
          log_id?: string
          message: string
          received_at?: string
          stream?: string | null
        }
        Update: {
          boot_id?: string | null
          company_id?: string
          context?: Json
          created_at?: string
          deployment_id?: string | null
          device_id?: string
          level?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR'
          line_no?: number | null
          log_id?: string
          message?: string
          received_at?: string
          stream?: string | null
        }
        Relationships: [
          { foreignKeyName: 'device_logs_company_id_deployment_id_fkey'; columns: ['company_id', 'deployment_id']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
          { foreignKeyName: 'device_logs_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
        ]
      }
      device_schedule_changes: {
        Row: {
          applied_at: string | null
          applied_by_function: string | null
          cancelled_by: string | null
          change_id: string
          company_id: string
          device_id: string
          effective_date: string
          new_wake_schedule_cron: string | null
          requested_at: string
          requested_by: string | null
          superseded_at: string | null
        }
        Insert: {
          applied_at?: string | null
          applied_by_function?: string | null
          cancelled_by?: string | null
          change_id?: string
          company_id: string
          device_id: string
          effective_date: string
          new_wake_schedule_cron?: string | null
          requested_at?: string
          requested_by?: string | null
          superseded_at?: string | null
        }
        Update: {
          applied_at?: string | null
          applied_by_function?: string | null
          cancelled_by?: string | null
          change_id?: string
          company_id?: string
          device_id?: string
          effective_date?: string
          new_wake_schedule_cron?: string | null
          requested_at?: string
          requested_by?: string | null
          superseded_at?: string | null
        }
        Relationships: [
          { foreignKeyName: 'device_schedule_changes_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
        ]
      }
      device_wake_payloads: {
        Row: {
          battery_voltage: number | null
          capture_key: string
          captured_at: string
          captured_at_raw: string | null
          company_id: string
          created_at: string
          device_error_code: number | null
          device_id: string
          gas_resistance: number | null
          humidity: number | null
          image_id: string | null
          image_status: 'none' | 'receiving' | 'complete' | 'failed'
          overage_flag: boolean
          payload_id: string
          payload_status: 'pending' | 'complete' | 'failed'
          pressure: number | null
          program_id: string
          received_at: string
          resent_received_at: string | null
          site_device_session_id: string
          site_id: string
          slot_at: string | null
          slot_index: number | null
          telemetry_data: Json
          temperature: number | null
          timestamp_source: 'device' | 'server'
          updated_at: string
          wake_window_index: number | null
          wifi_rssi: number | null
        }
        Insert: {
          battery_voltage?: number | null
          capture_key: string
          captured_at: string
          captured_at_raw?: string | null
          company_id: string
          created_at?: string
          device_error_code?: number | null
          device_id: string
          gas_resistance?: number | null
          humidity?: number | null
          image_id?: string | null
          image_status?: 'none' | 'receiving' | 'complete' | 'failed'
          overage_flag?: boolean
          payload_id?: string
          payload_status?: 'pending' | 'complete' | 'failed'
          pressure?: number | null
          program_id: string
          received_at?: string
          resent_received_at?: string | null
          site_device_session_id: string
          site_id: string
          slot_at?: string | null
          slot_index?: number | null
          telemetry_data?: Json
          temperature?: number | null
          timestamp_source?: 'device' | 'server'
          updated_at?: string
          wake_window_index?: number | null
          wifi_rssi?: number | null
        }
        Update: {
          battery_voltage?: number | null
          capture_key?: string
          captured_at?: string
          captured_at_raw?: string | null
          company_id?: string
          created_at?: string
          device_error_code?: number | null
          device_id?: string
          gas_resistance?: number | null
          humidity?: number | null
          image_id?: string | null
          image_status?: 'none' | 'receiving' | 'complete' | 'failed'
          overage_flag?: boolean
          payload_id?: string
          payload_status?: 'pending' | 'complete' | 'failed'
          pressure?: number | null
          program_id?: string
          received_at?: string
          resent_received_at?: string | null
          site_device_session_id?: string
          site_id?: string
          slot_at?: string | null
          slot_index?: number | null
          telemetry_data?: Json
          temperature?: number | null
          timestamp_source?: 'device' | 'server'
          updated_at?: string
          wake_window_index?: number | null
          wifi_rssi?: number | null
        }
        Relationships: [
          { foreignKeyName: 'device_wake_payloads_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'device_wake_payloads_company_id_image_id_fkey'; columns: ['company_id', 'image_id']; isOneToOne: false; referencedRelation: 'device_images'; referencedColumns: ['company_id', 'image_id'] },
          { foreignKeyName: 'device_wake_payloads_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
          { foreignKeyName: 'device_wake_payloads_company_id_site_device_session_id_fkey'; columns: ['company_id', 'site_device_session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'device_wake_payloads_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      devices: {
        Row: {
          agent_version: string | null
          archived_at: string | null
          backlog_strategy: 'list' | 'names' | 'captures' | null
          battery_voltage: number | null
          boot_id: string | null
          company_id: string
          created_at: string
          created_by: string | null
          device_id: string
          device_mac: string
          firmware_version: string | null
          hardware_version: string | null
          is_active: boolean
          kind: 'camera' | 'rig'
          last_seen_at: string | null
          last_will_at: string | null
          mapped_at: string | null
          name: string
          next_wake_at: string | null
          site_id: string | null
          state: string | null
          status: string | null
          updated_at: string
          wake_schedule_cron: string | null
          wifi_rssi: number | null
        }
        Insert: {
          agent_version?: string | null
          archived_at?: string | null
          backlog_strategy?: 'list' | 'names' | 'captures' | null
          battery_voltage?: number | null
          boot_id?: string | null
          company_id: string
          created_at?: string
          created_by?: string | null
          device_id?: string
          device_mac: string
          firmware_version?: string | null
          hardware_version?: string | null
          is_active?: boolean
          kind: 'camera' | 'rig'
          last_seen_at?: string | null
          last_will_at?: string | null
          mapped_at?: string | null
          name: string
          next_wake_at?: string | null
          site_id?: string | null
          updated_at?: string
          wake_schedule_cron?: string | null
          wifi_rssi?: number | null
        }
        Update: {
          agent_version?: string | null
          archived_at?: string | null
          backlog_strategy?: 'list' | 'names' | 'captures' | null
          battery_voltage?: number | null
          boot_id?: string | null
          company_id?: string
          created_at?: string
          created_by?: string | null
          device_id?: string
          device_mac?: string
          firmware_version?: string | null
          hardware_version?: string | null
          is_active?: boolean
          kind?: 'camera' | 'rig'
          last_seen_at?: string | null
          last_will_at?: string | null
          mapped_at?: string | null
          name?: string
          next_wake_at?: string | null
          site_id?: string | null
          updated_at?: string
          wake_schedule_cron?: string | null
          wifi_rssi?: number | null
        }
        Relationships: [
          { foreignKeyName: 'devices_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
          { foreignKeyName: 'devices_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      experiment_deployments: {
        Row: {
          acked_at: string | null
          cancel_requested_at: string | null
          company_id: string
          completed_at: string | null
          completeness: 'complete' | 'gaps' | 'early_exit' | 'unknown'
          created_by: string | null
          deployed_at: string
          deployment_id: string
          device_id: string
          ended_by: 'agent' | 'server' | 'user' | null
          error_log: string | null
          experiment_id: string
          experiment_version: number
          files: Json
          idempotency_key: string | null
          params: Json
          python_code: string
          reason_code: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          retry_of: string | null
          script_sha256: string
          stale: boolean | null
          started_at: string | null
          status: 'pending' | 'acked' | 'running' | 'completed' | 'failed' | 'timed_out' | 'cancelled'
          subject_id: string | null
          timeout_s: number
          updated_at: string
        }
        Insert: {
          acked_at?: string | null
          cancel_requested_at?: string | null
          company_id: string
          completed_at?: string | null
          completeness?: 'complete' | 'gaps' | 'early_exit' | 'unknown'
          created_by?: string | null
          deployed_at?: string
          deployment_id?: string
          device_id: string
          ended_by?: 'agent' | 'server' | 'user' | null
          error_log?: string | null
          experiment_id: string
          experiment_version: number
          files?: Json
          idempotency_key?: string | null
          params?: Json
          python_code: string
          reason_code?: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          retry_of?: string | null
          script_sha256: string
          started_at?: string | null
          status?: 'pending' | 'acked' | 'running' | 'completed' | 'failed' | 'timed_out' | 'cancelled'
          subject_id?: string | null
          timeout_s?: number
          updated_at?: string
        }
        Update: {
          acked_at?: string | null
          cancel_requested_at?: string | null
          company_id?: string
          completed_at?: string | null
          completeness?: 'complete' | 'gaps' | 'early_exit' | 'unknown'
          created_by?: string | null
          deployed_at?: string
          deployment_id?: string
          device_id?: string
          ended_by?: 'agent' | 'server' | 'user' | null
          error_log?: string | null
          experiment_id?: string
          experiment_version?: number
          files?: Json
          idempotency_key?: string | null
          params?: Json
          python_code?: string
          reason_code?: 'agent_busy' | 'command_expired' | 'fetch_failed' | 'hash_mismatch' | 'spawn_failed' | 'nonzero_exit' | 'signal' | 'agent_restarted' | 'host_rebooted' | 'heartbeat_lost' | 'ack_timeout' | 'start_timeout' | 'wall_timeout' | 'server_backstop' | 'operator' | 'superseded' | null
          retry_of?: string | null
          script_sha256?: string
          started_at?: string | null
          status?: 'pending' | 'acked' | 'running' | 'completed' | 'failed' | 'timed_out' | 'cancelled'
          subject_id?: string | null
          timeout_s?: number
          updated_at?: string
        }
        Relationships: [
          { foreignKeyName: 'experiment_deployments_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'experiment_deployments_company_id_experiment_id_fkey'; columns: ['company_id', 'experiment_id']; isOneToOne: false; referencedRelation: 'experiments'; referencedColumns: ['company_id', 'experiment_id'] },
          { foreignKeyName: 'experiment_deployments_company_id_retry_of_fkey'; columns: ['company_id', 'retry_of']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
        ]
      }
      experiment_files: {
        Row: {
          company_id: string
          created_at: string
          created_by: string | null
          experiment_id: string
          path: string
          sha256: string
          size_bytes: number
        }
        Insert: {
          company_id: string
          created_at?: string
          created_by?: string | null
          experiment_id: string
          path: string
          sha256: string
          size_bytes: number
        }
        Update: {
          company_id?: string
          created_at?: string
          created_by?: string | null
          experiment_id?: string
          path?: string
          sha256?: string
          size_bytes?: number
        }
        Relationships: [
          { foreignKeyName: 'experiment_files_company_id_experiment_id_fkey'; columns: ['company_id', 'experiment_id']; isOneToOne: false; referencedRelation: 'experiments'; referencedColumns: ['company_id', 'experiment_id'] },
        ]
      }
      experiments: {
        Row: {
          archived_at: string | null
          company_id: string
          compile_error: string | null
          compile_status: 'pending' | 'compiled' | 'failed' | null
          created_at: string
          created_by: string | null
          description: string | null
          experiment_id: string
          name: string
          python_code: string | null
          script_sha256: string | null
          source_kind: 'py' | 'psyexp'
          source_sha256: string | null
          source_text: string | null
          updated_at: string
          version: number
        }
        Insert: {
          archived_at?: string | null
          company_id: string
          compile_error?: string | null
          compile_status?: 'pending' | 'compiled' | 'failed' | null
          created_at?: string
          created_by?: string | null
          description?: string | null
          experiment_id?: string
          name: string
          python_code?: string | null
          script_sha256?: never
          source_kind?: 'py' | 'psyexp'
          source_sha256?: never
          source_text?: string | null
          updated_at?: string
          version?: number
        }
        Update: {
          archived_at?: string | null
          company_id?: string
          compile_error?: string | null
          compile_status?: 'pending' | 'compiled' | 'failed' | null
          created_at?: string
          created_by?: string | null
          description?: string | null
          experiment_id?: string
          name?: string
          python_code?: string | null
          script_sha256?: never
          source_kind?: 'py' | 'psyexp'
          source_sha256?: never
          source_text?: string | null
          updated_at?: string
          version?: number
        }
        Relationships: [
          { foreignKeyName: 'experiments_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
      notification_attempts: {
        Row: {
          at: string
          attempt: number
          attempt_id: string
          company_id: string
          delivery_id: string
          error: string | null
          ok: boolean
          response_code: number | null
        }
        Insert: {
          at?: string
          attempt: number
          attempt_id?: string
          company_id: string
          delivery_id: string
          error?: string | null
          ok: boolean
          response_code?: number | null
        }
        Update: {
          at?: string
          attempt?: number
          attempt_id?: string
          company_id?: string
          delivery_id?: string
          error?: string | null
          ok?: boolean
          response_code?: number | null
        }
        Relationships: [
          { foreignKeyName: 'notification_attempts_company_id_delivery_id_fkey'; columns: ['company_id', 'delivery_id']; isOneToOne: false; referencedRelation: 'notification_deliveries'; referencedColumns: ['company_id', 'delivery_id'] },
        ]
      }
      notification_deliveries: {
        Row: {
          alert_id: string
          attempts: number
          channel: 'email' | 'webhook'
          claimed_until: string | null
          company_id: string
          created_at: string
          delivery_id: string
          event: 'opened' | 'escalated' | 'resolved'
          finished_at: string | null
          not_before: string
          payload: Json
          route_id: string
          status: 'queued' | 'delivered' | 'failed'
        }
        Insert: {
          alert_id: string
          attempts?: number
          channel: 'email' | 'webhook'
          claimed_until?: string | null
          company_id: string
          created_at?: string
          delivery_id?: string
          event: 'opened' | 'escalated' | 'resolved'
          finished_at?: string | null
          not_before?: string
          payload: Json
          route_id: string
          status?: 'queued' | 'delivered' | 'failed'
        }
        Update: {
          alert_id?: string
          attempts?: number
          channel?: 'email' | 'webhook'
          claimed_until?: string | null
          company_id?: string
          created_at?: string
          delivery_id?: string
          event?: 'opened' | 'escalated' | 'resolved'
          finished_at?: string | null
          not_before?: string
          payload?: Json
          route_id?: string
          status?: 'queued' | 'delivered' | 'failed'
        }
        Relationships: [
          { foreignKeyName: 'notification_deliveries_company_id_alert_id_fkey'; columns: ['company_id', 'alert_id']; isOneToOne: false; referencedRelation: 'device_alerts'; referencedColumns: ['company_id', 'alert_id'] },
          { foreignKeyName: 'notification_deliveries_company_id_route_id_fkey'; columns: ['company_id', 'route_id']; isOneToOne: false; referencedRelation: 'notification_routes'; referencedColumns: ['company_id', 'route_id'] },
        ]
      }
      notification_reads: {
        Row: {
          company_id: string
          notification_id: string
          read_at: string
          user_id: string
        }
        Insert: {
          company_id: string
          notification_id: string
          read_at?: string
          user_id: string
        }
        Update: {
          company_id?: string
          notification_id?: string
          read_at?: string
          user_id?: string
        }
        Relationships: [
          { foreignKeyName: 'notification_reads_company_id_notification_id_fkey'; columns: ['company_id', 'notification_id']; isOneToOne: false; referencedRelation: 'notifications'; referencedColumns: ['company_id', 'notification_id'] },
        ]
      }
      notification_routes: {
        Row: {
          alert_types: string[] | null
          archived_at: string | null
          channel: 'in_app' | 'email' | 'webhook'
          company_id: string
          created_at: string
          created_by: string | null
          is_active: boolean
          min_severity: 'warning' | 'error' | 'critical'
          name: string
          route_id: string
          target: string | null
          updated_at: string
        }
        Insert: {
          alert_types?: string[] | null
          archived_at?: string | null
          channel: 'in_app' | 'email' | 'webhook'
          company_id: string
          created_at?: string
          created_by?: string | null
          is_active?: boolean
          min_severity?: 'warning' | 'error' | 'critical'
          name: string
          route_id?: string
          target?: string | null
          updated_at?: string
        }
        Update: {
          alert_types?: string[] | null
          archived_at?: string | null
          channel?: 'in_app' | 'email' | 'webhook'
          company_id?: string
          created_at?: string
          created_by?: string | null
          is_active?: boolean
          min_severity?: 'warning' | 'error' | 'critical'
          name?: string
          route_id?: string
          target?: string | null
          updated_at?: string
        }
        Relationships: [
          { foreignKeyName: 'notification_routes_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
      notifications: {
        Row: {
          alert_id: string
          company_id: string
          created_at: string
          event: 'opened' | 'escalated' | 'resolved'
          notification_id: string
          severity: 'warning' | 'error' | 'critical'
          title: string
        }
        Insert: {
          alert_id: string
          company_id: string
          created_at?: string
          event: 'opened' | 'escalated' | 'resolved'
          notification_id?: string
          severity: 'warning' | 'error' | 'critical'
          title: string
        }
        Update: {
          alert_id?: string
          company_id?: string
          created_at?: string
          event?: 'opened' | 'escalated' | 'resolved'
          notification_id?: string
          severity?: 'warning' | 'error' | 'critical'
          title?: string
        }
        Relationships: [
          { foreignKeyName: 'notifications_company_id_alert_id_fkey'; columns: ['company_id', 'alert_id']; isOneToOne: false; referencedRelation: 'device_alerts'; referencedColumns: ['company_id', 'alert_id'] },
        ]
      }
      petri_observations: {
        Row: {
          company_id: string
          created_at: string
          device_id: string
          fungicide_used: 'Yes' | 'No'
          image_id: string
          is_device_generated: boolean
          notes: string | null
          observation_id: string
          observed_at: string
          payload_id: string
          petri_code: string
          program_id: string
          site_device_session_id: string
          site_id: string
          slot_index: number | null
          surrounding_water_schedule: string
        }
        Insert: {
          company_id: string
          created_at?: string
          device_id: string
          fungicide_used?: 'Yes' | 'No'
          image_id: string
          is_device_generated?: boolean
          notes?: string | null
          observation_id?: string
          observed_at: string
          payload_id: string
          petri_code: string
          program_id: string
          site_device_session_id: string
          site_id: string
          slot_index?: number | null
          surrounding_water_schedule?: string
        }
        Update: {
          company_id?: string
          created_at?: string
          device_id?: string
          fungicide_used?: 'Yes' | 'No'
          image_id?: string
          is_device_generated?: boolean
          notes?: string | null
          observation_id?: string
          observed_at?: string
          payload_id?: string
          petri_code?: string
          program_id?: string
          site_device_session_id?: string
          site_id?: string
          slot_index?: number | null
          surrounding_water_schedule?: string
        }
        Relationships: [
          { foreignKeyName: 'petri_observations_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'petri_observations_company_id_image_id_fkey'; columns: ['company_id', 'image_id']; isOneToOne: true; referencedRelation: 'device_images'; referencedColumns: ['company_id', 'image_id'] },
          { foreignKeyName: 'petri_observations_company_id_payload_id_fkey'; columns: ['company_id', 'payload_id']; isOneToOne: false; referencedRelation: 'device_wake_payloads'; referencedColumns: ['company_id', 'payload_id'] },
          { foreignKeyName: 'petri_observations_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
          { foreignKeyName: 'petri_observations_company_id_site_device_session_id_fkey'; columns: ['company_id', 'site_device_session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'petri_observations_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      pilot_programs: {
        Row: {
          company_id: string
          created_at: string
          end_date: string | null
          program_id: string
          program_name: string
          program_type: 'control' | 'experimental'
          start_date: string
        }
        Insert: {
          company_id: string
          created_at?: string
          end_date?: string | null
          program_id?: string
          program_name: string
          program_type?: 'control' | 'experimental'
          start_date?: string
        }
        Update: {
          company_id?: string
          created_at?: string
          end_date?: string | null
          program_id?: string
          program_name?: string
          program_type?: 'control' | 'experimental'
          start_date?: string
        }
        Relationships: [
          { foreignKeyName: 'pilot_programs_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
      program_day_rollups: {
        Row: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_count: number
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id: string
          rollup_date: string
          session_count: number
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone: string
          updated_at: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Insert: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_count: number
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id: string
          rollup_date: string
          session_count: number
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone: string
          updated_at?: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Update: {
          battery_voltage?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id?: string
          completed_wake_count?: number
          device_count?: number
          expected_wake_count?: number
          extra_wake_count?: number
          failed_wake_count?: number
          gas_resistance?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count?: number
          pressure?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id?: string
          rollup_date?: string
          session_count?: number
          temperature?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone?: string
          updated_at?: string
          wifi_rssi?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Relationships: [
          { foreignKeyName: 'program_day_rollups_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
        ]
      }
      site_day_rollups: {
        Row: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_count: number
          ends_at: string
          expected_by_deadline: number[]
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id: string
          received_by_deadline: number[]
          rollup_date: string
          session_id: string
          site_id: string
          slot_at: string[]
          slot_completed: number[]
          slot_deadline: string[]
          slot_expected: number[]
          slot_failed: number[]
          slot_pending: number[]
          starts_at: string
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone: string
          updated_at: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Insert: {
          battery_voltage: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id: string
          completed_wake_count: number
          device_count: number
          ends_at: string
          expected_by_deadline: number[]
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          gas_resistance: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count: number
          pressure: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id: string
          received_by_deadline: number[]
          rollup_date: string
          session_id: string
          site_id: string
          slot_at: string[]
          slot_completed: number[]
          slot_deadline: string[]
          slot_expected: number[]
          slot_failed: number[]
          slot_pending: number[]
          starts_at: string
          temperature: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone: string
          updated_at?: string
          wifi_rssi: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Update: {
          battery_voltage?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          company_id?: string
          completed_wake_count?: number
          device_count?: number
          ends_at?: string
          expected_by_deadline?: number[]
          expected_wake_count?: number
          extra_wake_count?: number
          failed_wake_count?: number
          gas_resistance?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          humidity?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          pending_wake_count?: number
          pressure?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          program_id?: string
          received_by_deadline?: number[]
          rollup_date?: string
          session_id?: string
          site_id?: string
          slot_at?: string[]
          slot_completed?: number[]
          slot_deadline?: string[]
          slot_expected?: number[]
          slot_failed?: number[]
          slot_pending?: number[]
          starts_at?: string
          temperature?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
          timezone?: string
          updated_at?: string
          wifi_rssi?: { value_count: number | null; value_max: number | null; value_min: number | null; value_sum: number | null }
        }
        Relationships: [
          { foreignKeyName: 'site_day_rollups_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
          { foreignKeyName: 'site_day_rollups_company_id_session_id_fkey'; columns: ['company_id', 'session_id']; isOneToOne: true; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
          { foreignKeyName: 'site_day_rollups_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      site_device_sessions: {
        Row: {
          company_id: string
          completed_wake_count: number
          config_changed_flag: boolean
          created_at: string
          ends_at: string
          expected_wake_count: number
          extra_wake_count: number
          failed_wake_count: number
          locked_at: string | null
          opened_at: string | null
          pending_wake_count: number
          program_id: string
          session_date: string
          session_id: string
          site_id: string
          starts_at: string
          status: 'pending' | 'in_progress' | 'locked'
          timezone: string
          updated_at: string
        }
        Insert: {
          company_id: string
          completed_wake_count?: number
          config_changed_flag?: boolean
          created_at?: string
          ends_at: string
          expected_wake_count?: number
          extra_wake_count?: number
          failed_wake_count?: number
          locked_at?: string | null
          opened_at?: string | null
          pending_wake_count?: number
          program_id: string
          session_date: string
          session_id?: string
          site_id: string
          starts_at: string
          status?: 'pending' | 'in_progress' | 'locked'
          timezone: string
          updated_at?: string
        }
        Update: {
          company_id?: string
          completed_wake_count?: number
          config_changed_flag?: boolean
          created_at?: string
          ends_at?: string
          expected_wake_count?: number
          extra_wake_count?: number
          failed_wake_count?: number
          locked_at?: string | null
          opened_at?: string | null
          pending_wake_count?: number
          program_id?: string
          session_date?: string
          session_id?: string
          site_id?: string
          starts_at?: string
          status?: 'pending' | 'in_progress' | 'locked'
          timezone?: string
          updated_at?: string
        }
        Relationships: [
          { foreignKeyName: 'site_device_sessions_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
          { foreignKeyName: 'site_device_sessions_company_id_site_id_fkey'; columns: ['company_id', 'site_id']; isOneToOne: false; referencedRelation: 'sites'; referencedColumns: ['company_id', 'site_id'] },
        ]
      }
      site_session_devices: {
        Row: {
          added_mid_day: boolean
          company_id: string
          counts_from: string
          counts_until: string
          device_id: string
          expected_wake_count: number
          kept_slots: string[]
          session_id: string
          wake_schedule_cron: string | null
        }
        Insert: {
          added_mid_day?: boolean
          company_id: string
          counts_from: string
          counts_until: string
          device_id: string
          expected_wake_count?: number
          kept_slots?: string[]
          session_id: string
          wake_schedule_cron?: string | null
        }
        Update: {
          added_mid_day?: boolean
          company_id?: string
          counts_from?: string
          counts_until?: string
          device_id?: string
          expected_wake_count?: number
          kept_slots?: string[]
          session_id?: string
          wake_schedule_cron?: string | null
        }
        Relationships: [
          { foreignKeyName: 'site_session_devices_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
          { foreignKeyName: 'site_session_devices_company_id_session_id_fkey'; columns: ['company_id', 'session_id']; isOneToOne: false; referencedRelation: 'site_device_sessions'; referencedColumns: ['company_id', 'session_id'] },
        ]
      }
      sites: {
        Row: {
          archived_at: string | null
          company_id: string
          created_at: string
          name: string
          opened_until: string | null
          program_id: string
          site_id: string
          timezone: string
        }
        Insert: {
          archived_at?: string | null
          company_id: string
          created_at?: string
          name: string
          opened_until?: string | null
          program_id: string
          site_id?: string
          timezone: string
        }
        Update: {
          archived_at?: string | null
          company_id?: string
          created_at?: string
          name?: string
          opened_until?: string | null
          program_id?: string
          site_id?: string
          timezone?: string
        }
        Relationships: [
          { foreignKeyName: 'sites_company_id_program_id_fkey'; columns: ['company_id', 'program_id']; isOneToOne: false; referencedRelation: 'pilot_programs'; referencedColumns: ['company_id', 'program_id'] },
        ]
      }
      trial_results: {
        Row: {
          boot_id: string | null
          company_id: string
          content_sha256: string
          correct: boolean | null
          custom_data: Json | null
          deployment_id: string
          device_id: string
          ended_at: string
          flags: string[]
          kind: 'trial' | 'entry'
          late: boolean
          partial: boolean
          reaction_time: number | null
          received_at: string
          response: Json | null
          rev: number
          seq: number | null
          started_at: string
          trial_id: string
          trial_number: number
        }
        Insert: {
          boot_id?: string | null
          company_id: string
          content_sha256: string
          correct?: boolean | null
          custom_data?: Json | null
          deployment_id: string
          device_id: string
          ended_at: string
          flags?: string[]
          kind?: 'trial' | 'entry'
          late?: boolean
          partial?: boolean
          reaction_time?: number | null
          received_at?: string
          response?: Json | null
          rev?: number
          seq?: number | null
          started_at: string
          trial_id?: string
          trial_number: number
        }
        Update: {
          boot_id?: string | null
          company_id?: string
          content_sha256?: string
          correct?: boolean | null
          custom_data?: Json | null
          deployment_id?: string
          device_id?: string
          ended_at?: string
          flags?: string[]
          kind?: 'trial' | 'entry'
          late?: boolean
          partial?: boolean
          reaction_time?: number | null
          received_at?: string
          response?: Json | null
          rev?: number
          seq?: number | null
          started_at?: string
          trial_id?: string
          trial_number?: number
        }
        Relationships: [
          { foreignKeyName: 'trial_results_company_id_deployment_id_fkey'; columns: ['company_id', 'deployment_id']; isOneToOne: false; referencedRelation: 'experiment_deployments'; referencedColumns: ['company_id', 'deployment_id'] },
          { foreignKeyName: 'trial_results_company_id_device_id_fkey'; columns: ['company_id', 'device_id']; isOneToOne: false; referencedRelation: 'devices'; referencedColumns: ['company_id', 'device_id'] },
        ]
      }
      user_active_company_context: {
        Row: {
          company_id: string
          set_at: string
          user_id: string
        }
        Insert: {
          company_id: string
          set_at?: string
          user_id: string
        }
        Update: {
          company_id?: string
          set_at?: string
          user_id?: string
        }
        Relationships: [
          { foreignKeyName: 'user_active_company_context_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
          { foreignKeyName: 'user_active_company_context_user_id_fkey'; columns: ['user_id']; isOneToOne: true; referencedRelation: 'users'; referencedColumns: ['user_id'] },
        ]
      }
      users: {
        Row: {
          company_id: string
          created_at: string
          email: string
          full_name: string | null
          is_active: boolean
          is_super_admin: boolean
          role: 'viewer' | 'member' | 'admin'
          user_id: string
        }
        Insert: {
          company_id: string
          created_at?: string
          email: string
          full_name?: string | null
          is_active?: boolean
          is_super_admin?: boolean
          role?: 'viewer' | 'member' | 'admin'
          user_id: string
        }
        Update: {
          company_id?: string
          created_at?: string
          email?: string
          full_name?: string | null
          is_active?: boolean
          is_super_admin?: boolean
          role?: 'viewer' | 'member' | 'admin'
          user_id?: string
        }
        Relationships: [
          { foreignKeyName: 'users_company_id_fkey'; columns: ['company_id']; isOneToOne: false; referencedRelation: 'companies'; referencedColumns: ['company_id'] },
        ]
      }
    }
    Views: {
      device_states: {
        Row: {
          agent_version: string | null
          battery_voltage: number | null
          company_id: string | null
          device_id: string | null
          device_mac: string | null
          firmware_version: string | null
          kind: string | null
          last_seen_at: string | null
          late_at: string | null
          missed_wake_count: number | null
          name: string | null
          next_wake_at: string | null
          site_id: string | null
          site_name: string | null
          slot_at: string | null
          state: string | null
          wake_schedule_cron: string | null
          wifi_rssi: number | null
        }
        Relationships: [
        ]
      }
      trial_current: {
        Row: {
          boot_id: string | null
          company_id: string | null
          correct: boolean | null
          custom_data: Json | null
          deployment_id: string | null
          device_id: string | null
          ended_at: string | null
          flags: string[] | null
          kind: string | null
          late: boolean | null
          partial: boolean | null
          reaction_time: number | null
          received_at: string | null
          response: Json | null
          rev: number | null
          seq: number | null
          started_at: string | null
          trial_id: string | null
          trial_number: number | null
        }
        Relationships: [
        ]
      }
    }
    Functions: {
      acknowledge_alert: { Args: { p_alert_id: string; p_comment?: string; p_now?: string }; Returns: Json }
      alert_thresholds_of: { Args: { p_device_id?: string }; Returns: Json }
      archive_device: { Args: { p_device_id: string; p_now?: string }; Returns: Json }
      archive_notification_route: { Args: { p_route_id: string; p_now?: string }; Returns: Json }
      cancel_command: { Args: { p_command_id: string; p_now?: string }; Returns: Json }
      cancel_deployment: { Args: { p_deployment_id: string; p_now?: string }; Returns: Json }
      cancel_schedule_change: { Args: { p_change_id: string; p_now?: string }; Returns: Json }
      claim_deployment: { Args: { p_deployment_id?: string; p_experiment_id?: string }; Returns: Json }
      claim_file: { Args: { p_deployment_id: string; p_sha256: string }; Returns: Json }
      comment_alert: { Args: { p_alert_id: string; p_comment: string; p_now?: string }; Returns: Json }
      company_trend: { Args: { p_days?: number; p_now?: string }; Returns: { date: string | null; session_count: number | null; expected_wake_count: number | null; completed_wake_count: number | null; failed_wake_count: number | null; pending_wake_count: number | null; extra_wake_count: number | null; completeness_pct: number | null; avg_temp: number | null; min_temp: number | null; max_temp: number | null; avg_humidity: number | null; avg_battery_voltage: number | null }[] }
      completeness_band: { Args: { p_completed: number; p_expected: number }; Returns: string }
      create_camera_accounts: { Args: { p_device_ids: string[] }; Returns: Json }
      create_enrolment_token: { Args: { p_ttl?: string }; Returns: Json }
      custom_access_token_hook: { Args: { event: Json }; Returns: Json }
      deploy_experiment: { Args: { p_experiment_id: string; p_device_id: string; p_params?: Json; p_subject_id?: string; p_timeout_s?: number; p_retry_of?: string; p_now?: string }; Returns: Json }
      deployment_stats: { Args: { p_deployment_id: string; p_now?: string }; Returns: Json }
      device_auth: { Args: { device_api_key: string }; Returns: Json }
      device_heartbeat: { Args: { p_status?: string }; Returns: Json }
      device_page: { Args: { p_device_id: string; p_now?: string }; Returns: Json }
      device_trend: { Args: { p_device_id: string; p_days?: number; p_now?: string }; Returns: { date: string | null; avg_temp: number | null; min_temp: number | null; max_temp: number | null; avg_humidity: number | null; avg_pressure: number | null; avg_gas_resistance: number | null; avg_battery_voltage: number | null; min_battery_voltage: number | null; avg_wifi_rssi: number | null; expected_wake_count: number | null; completed_wake_count: number | null; failed_wake_count: number | null; pending_wake_count: number | null; extra_wake_count: number | null; completeness_pct: number | null }[] }
      devices_page: { Args: { p_limit?: number; p_after_name?: string; p_after_device_id?: string; p_kind?: string; p_states?: string[]; p_site_id?: string; p_program_id?: string; p_search?: string; p_battery_below_v?: number; p_version?: string; p_archived?: boolean; p_now?: string }; Returns: Json }
      explain_session: { Args: { p_session_id: string }; Returns: Json }
      export_deployment_csv: { Args: { p_deployment_id: string }; Returns: string }
      fn_cron_occurrences: { Args: { p_expr: string; p_from: string; p_until: string; p_tz: string }; Returns: string[] }
      fn_end_of_day_locker: { Args: { p_site_id: string; p_now?: string }; Returns: Json }
      fn_end_of_day_locker_all: { Args: { p_now?: string }; Returns: Json }
      fn_image_completion_handler: { Args: { p_image_id: string; p_image_url: string; p_now?: string }; Returns: Json }
      fn_image_failure_handler: { Args: { p_image_id: string; p_error_code: string; p_error_message?: string; p_now?: string }; Returns: Json }
      fn_infer_wake_window_index: { Args: { p_captured_at: string; p_cron: string; p_tz: string }; Returns: { session_date: string | null; wake_index: number | null; slot_at: string | null; is_overage: boolean | null } }
      fn_midnight_session_opener: { Args: { p_site_id: string; p_now?: string }; Returns: Json }
      fn_midnight_session_opener_all: { Args: { p_now?: string }; Returns: Json }
      fn_retry_by_id_handler: { Args: { p_device_id: string; p_image_name: string; p_new_image_url?: string; p_now?: string }; Returns: Json }
      fn_verify_session_counters: { Args: { p_now?: string }; Returns: Json }
      fn_wake_ingestion_handler: { Args: { p_device_id: string; p_captured_at: string; p_image_name: string; p_telemetry_data?: Json; p_now?: string }; Returns: Json }
      get_active_company_id: { Args: never; Returns: string }
      import_devices: { Args: { p_rows: Json; p_dry_run?: boolean; p_now?: string }; Returns: Json }
      list_companies: { Args: never; Returns: Database['public']['Tables']['companies']['Row'][] }
      list_dead_letters: { Args: { p_limit?: number; p_before?: string }; Returns: { dead_letter_id: string | null; topic: string | null; payload: string | null; payload_bytes: number | null; reason: string | null; detail: string | null; company_id: string | null; device_id: string | null; received_at: string | null; replayed_at: string | null }[] }
      list_pending_devices: { Args: never; Returns: { device_mac: string | null; first_seen_at: string | null; last_seen_at: string | null; battery_voltage: number | null; wifi_rssi: number | null; firmware_version: string | null; seen_on_enrolment_at: string | null }[] }
      map_device: { Args: { p_device_mac: string; p_site_id: string; p_name: string; p_wake_schedule_cron?: string; p_now?: string }; Returns: Json }
      mark_notifications_read: { Args: { p_notification_ids?: string[]; p_now?: string }; Returns: Json }
      move_device: { Args: { p_device_id: string; p_site_id: string; p_now?: string }; Returns: Json }
      pending_work: { Args: { p_now?: string }; Returns: Json }
      preview_schedule: { Args: { p_cron: string; p_tz: string; p_count?: number; p_now?: string }; Returns: string[] }
      program_comparison: { Args: { p_days?: number; p_now?: string }; Returns: { program_name: string | null; program_type: string | null; total_sessions: number | null; avg_completed_wakes: number | null; avg_temperature: number | null; avg_humidity: number | null; expected_wake_count: number | null; completed_wake_count: number | null; failed_wake_count: number | null; extra_wake_count: number | null; completeness_pct: number | null; program_id: string | null }[] }
      program_trend: { Args: { p_program_id: string; p_days?: number; p_now?: string }; Returns: { date: string | null; session_count: number | null; expected_wake_count: number | null; completed_wake_count: number | null; failed_wake_count: number | null; pending_wake_count: number | null; extra_wake_count: number | null; completeness_pct: number | null; avg_temp: number | null; min_temp: number | null; max_temp: number | null; avg_humidity: number | null; avg_battery_voltage: number | null }[] }
      put_notification_route: { Args: { p_name: string; p_channel: string; p_target?: string; p_min_severity?: string; p_alert_types?: string[]; p_is_active?: boolean; p_route_id?: string; p_now?: string }; Returns: Json }
      register_device: { Args: { p_device_mac: string; p_name: string; p_site_id?: string; p_enrolment_token?: string }; Returns: Json }
      request_image_retry: { Args: { p_image_id: string; p_now?: string }; Returns: Json }
      request_schedule_change: { Args: { p_device_id: string; p_new_wake_schedule_cron: string; p_effective_date?: string; p_now?: string }; Returns: Json }
      reset_alert_thresholds: { Args: { p_device_id?: string; p_now?: string }; Returns: Json }
      resolve_alert: { Args: { p_alert_id: string; p_comment?: string; p_now?: string }; Returns: Json }
      retry_missing: { Args: { p_site_id?: string; p_date?: string; p_now?: string }; Returns: Json }
      revoke_device: { Args: { p_device_id: string }; Returns: Json }
      rotate_device_key: { Args: { p_device_id: string }; Returns: Json }
      rotate_fleet_account: { Args: never; Returns: Json }
      run_page: { Args: { p_deployment_id: string; p_now?: string }; Returns: Json }
      save_experiment: { Args: { p_name?: string; p_description?: string; p_python_code?: string; p_experiment_id?: string; p_source_kind?: string; p_source_text?: string; p_archived?: boolean; p_now?: string }; Returns: Json }
      save_experiment_file: { Args: { p_experiment_id: string; p_path: string; p_content_base64?: string; p_now?: string }; Returns: Json }
      send_device_command: { Args: { p_device_id: string; p_command: string; p_now?: string }; Returns: Json }
      set_active_company_context: { Args: { p_company_id: string }; Returns: Json }
      set_alert_thresholds: { Args: { p_limits: Json; p_device_id?: string; p_now?: string }; Returns: Json }
      site_daily_summary: { Args: { p_site_id: string; p_days?: number; p_now?: string }; Returns: { session_date: string | null; expected_wake_count: number | null; completed_wake_count: number | null; failed_wake_count: number | null; completeness_pct: number | null; avg_temp: number | null; avg_humidity: number | null; completeness_band: string | null; pending_wake_count: number | null; extra_wake_count: number | null; min_temp: number | null; max_temp: number | null; avg_battery_voltage: number | null; session_id: string | null; status: string | null }[] }
      site_day: { Args: { p_site_id: string; p_date?: string; p_now?: string }; Returns: Json }
      today: { Args: { p_limit?: number; p_after_missing?: number; p_after_site_id?: string; p_now?: string }; Returns: Json }
      unmap_device: { Args: { p_device_id: string; p_now?: string }; Returns: Json }
      wake_once: { Args: { p_device_id: string; p_at?: string; p_now?: string }; Returns: Json }
    }
    Enums: { [_ in never]: never }
    CompositeTypes: { [_ in never]: never }
  }
}

type Public = Database['public']
type Relations = Public['Tables'] & Public['Views']
export type Tables<T extends keyof Relations> = Relations[T]['Row']
export type TablesInsert<T extends keyof Public['Tables']> = Public['Tables'][T]['Insert']
export type TablesUpdate<T extends keyof Public['Tables']> = Public['Tables'][T]['Update']
export type Args<F extends keyof Public['Functions']> = Public['Functions'][F]['Args']
export type Returns<F extends keyof Public['Functions']> = Public['Functions'][F]['Returns']
