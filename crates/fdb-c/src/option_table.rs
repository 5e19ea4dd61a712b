//! The options of FoundationDB's client interface, by number.
//!
//! Generated from `schema/fdb_options.toml` by `cargo xtask fdb`; do not edit.

use std::ffi::c_int;

/// One option.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the table says more than the library asks")]
pub struct Entry {
    /// Its number.
    pub code: i32,
    /// Its name.
    pub name: &'static str,
    /// What value it takes.
    pub parameter: Parameter,
    /// What the library does about it.
    pub state: State,
    /// Whether `on_error` keeps it (rule OPT-4).
    pub persistent: bool,
    /// An integer between the bounds that is bad all the same.
    pub never: Option<i64>,
    /// The error of a bad value.
    pub error: i32,
}

/// What value an option takes.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// None.
    None,
    /// 8 bytes, little-endian and signed (rule OPT-2).
    Int {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Text.
    Text {
        /// The least number of bytes.
        min: usize,
        /// The greatest number of bytes.
        max: usize,
        /// Both, up to version 710.
        to_710: Option<(usize, usize)>,
        /// Whether it may be left out.
        optional: bool,
        /// The only values; any if there are none.
        words: &'static [&'static str],
        /// Its form.
        shape: Shape,
    },
    /// Bytes.
    Bytes {
        /// The least number.
        min: usize,
        /// The greatest number.
        max: usize,
        /// Both, up to version 710.
        to_710: Option<(usize, usize)>,
    },
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any.
    Any,
    /// `name=value`.
    Assignment,
    /// Letters, digits and underscores.
    Identifier,
}

/// What the library does about an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does what it says.
    Implemented,
    /// Its value is checked, and it has no effect.
    Accepted,
    /// It fails as an unknown one does.
    Refused,
}

impl Parameter {
    /// Whether a value has the right form at an API version.
    pub fn takes(&self, value: &[u8], version: c_int) -> bool {
        let fits = |now: (usize, usize), to_710: Option<(usize, usize)>| {
            let (min, max) = to_710.filter(|_| version <= 710).unwrap_or(now);
            (min..=max).contains(&value.len())
        };
        match *self {
            Parameter::None => value.is_empty(),
            Parameter::Int { min, max } => {
                <[u8; 8]>::try_from(value).is_ok_and(|bytes| (min..=max).contains(&i64::from_le_bytes(bytes)))
            }
            Parameter::Bytes { min, max, to_710 } => fits((min, max), to_710),
            Parameter::Text { optional: true, .. } if value.is_empty() => true,
            Parameter::Text { min, max, to_710, words, shape, .. } => {
                let listed = words.is_empty() || words.iter().any(|word| word.as_bytes() == value);
                listed && shape.fits(value) && fits((min, max), to_710)
            }
        }
    }
}

impl Shape {
    fn fits(self, value: &[u8]) -> bool {
        match self {
            Shape::Any => true,
            Shape::Assignment => value.contains(&b'='),
            Shape::Identifier => value.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
        }
    }
}

const fn entry(code: i32, name: &'static str, state: State, parameter: Parameter) -> Entry {
    Entry { code, name, parameter, state, persistent: false, never: None, error: 2006 }
}

const fn int(min: i64, max: i64) -> Parameter {
    Parameter::Int { min, max }
}

const fn text(min: usize, max: usize) -> Parameter {
    Parameter::Text { min, max, to_710: None, optional: false, words: &[], shape: Shape::Any }
}

const fn bytes(min: usize, max: usize) -> Parameter {
    Parameter::Bytes { min, max, to_710: None }
}

const fn one_of(words: &'static [&'static str]) -> Parameter {
    Parameter::Text { min: 0, max: usize::MAX, to_710: None, optional: false, words, shape: Shape::Any }
}

const fn optional(min: usize, max: usize) -> Parameter {
    Parameter::Text { min, max, to_710: None, optional: true, words: &[], shape: Shape::Any }
}

/// The network options, by number.
pub static NETWORK: &[Entry] = &[
    entry(10, "local_address", State::Accepted, text(0, usize::MAX)),
    entry(20, "cluster_file", State::Accepted, text(0, usize::MAX)),
    entry(30, "trace_enable", State::Accepted, optional(0, usize::MAX)),
    entry(31, "trace_roll_size", State::Accepted, int(0, i64::MAX)),
    entry(32, "trace_max_logs_size", State::Accepted, int(0, i64::MAX)),
    entry(33, "trace_log_group", State::Accepted, optional(0, usize::MAX)),
    entry(34, "trace_format", State::Accepted, one_of(&["xml", "json"])),
    entry(35, "trace_clock_source", State::Accepted, one_of(&["now", "realtime"])),
    entry(
        36,
        "trace_file_identifier",
        State::Accepted,
        Parameter::Text {
            min: 0,
            max: usize::MAX,
            to_710: None,
            optional: false,
            words: &[],
            shape: Shape::Identifier,
        },
    ),
    entry(37, "trace_share_among_client_threads", State::Accepted, Parameter::None),
    entry(38, "trace_initialize_on_setup", State::Accepted, Parameter::None),
    entry(39, "trace_partial_file_suffix", State::Accepted, text(0, usize::MAX)),
    entry(
        40,
        "knob",
        State::Accepted,
        Parameter::Text {
            min: 1,
            max: usize::MAX,
            to_710: None,
            optional: false,
            words: &[],
            shape: Shape::Assignment,
        },
    ),
    entry(41, "tls_plugin", State::Accepted, text(0, usize::MAX)),
    entry(42, "tls_cert_bytes", State::Accepted, bytes(0, usize::MAX)),
    entry(43, "tls_cert_path", State::Accepted, text(0, usize::MAX)),
    entry(45, "tls_key_bytes", State::Accepted, bytes(0, usize::MAX)),
    entry(46, "tls_key_path", State::Accepted, text(0, usize::MAX)),
    entry(47, "tls_verify_peers", State::Accepted, bytes(0, usize::MAX)),
    entry(48, "buggify_enable", State::Accepted, Parameter::None),
    entry(49, "buggify_disable", State::Accepted, Parameter::None),
    entry(50, "buggify_section_activated_probability", State::Accepted, int(0, 100)),
    entry(51, "buggify_section_fired_probability", State::Accepted, int(0, 100)),
    entry(52, "tls_ca_bytes", State::Accepted, bytes(0, usize::MAX)),
    entry(53, "tls_ca_path", State::Accepted, text(0, usize::MAX)),
    entry(54, "tls_password", State::Accepted, text(0, usize::MAX)),
    entry(55, "tls_disable_plaintext_connection", State::Refused, Parameter::None),
    entry(60, "disable_multi_version_client_api", State::Accepted, Parameter::None),
    entry(61, "callbacks_on_external_threads", State::Accepted, Parameter::None),
    entry(62, "external_client_library", State::Accepted, text(0, usize::MAX)),
    entry(63, "external_client_directory", State::Accepted, text(0, usize::MAX)),
    entry(64, "disable_local_client", State::Accepted, Parameter::None),
    entry(65, "client_threads_per_version", State::Accepted, int(1, 1024)),
    entry(66, "future_version_client_library", State::Accepted, text(0, usize::MAX)),
    entry(67, "retain_client_library_copies", State::Accepted, Parameter::None),
    entry(68, "ignore_external_client_failures", State::Accepted, Parameter::None),
    entry(69, "fail_incompatible_client", State::Accepted, Parameter::None),
    entry(70, "disable_client_statistics_logging", State::Accepted, Parameter::None),
    entry(71, "enable_run_loop_profiling", State::Accepted, Parameter::None),
    entry(72, "disable_client_bypass", State::Accepted, Parameter::None),
    entry(80, "client_buggify_enable", State::Accepted, Parameter::None),
    entry(81, "client_buggify_disable", State::Accepted, Parameter::None),
    entry(82, "client_buggify_section_activated_probability", State::Accepted, int(0, 100)),
    entry(83, "client_buggify_section_fired_probability", State::Accepted, int(0, 100)),
    entry(84, "trace_ip", State::Refused, text(0, usize::MAX)),
    entry(90, "distributed_client_tracer", State::Accepted, one_of(&["none", "log_file", "network_lossy"])),
    entry(91, "client_tmp_dir", State::Accepted, text(0, usize::MAX)),
    entry(1000, "supported_client_versions", State::Accepted, text(0, usize::MAX)),
    entry(1001, "external_client", State::Accepted, Parameter::None),
    entry(1002, "external_client_transport_id", State::Accepted, int(i64::MIN, i64::MAX)),
];

/// The database options, by number.
pub static DATABASE: &[Entry] = &[
    entry(10, "location_cache_size", State::Accepted, int(0, i64::MAX)),
    entry(20, "max_watches", State::Implemented, int(0, 1000000)),
    entry(21, "machine_id", State::Accepted, text(0, usize::MAX)),
    entry(22, "datacenter_id", State::Accepted, text(0, usize::MAX)),
    entry(26, "snapshot_ryw_enable", State::Implemented, Parameter::None),
    entry(27, "snapshot_ryw_disable", State::Implemented, Parameter::None),
    Entry {
        never: Some(0),
        ..entry(405, "transaction_logging_max_field_length", State::Accepted, int(-1, 2147483647))
    },
    entry(500, "transaction_timeout", State::Implemented, int(0, 2147483647)),
    entry(501, "transaction_retry_limit", State::Implemented, int(-1, 2147483647)),
    entry(502, "transaction_max_retry_delay", State::Implemented, int(0, 2147483647)),
    entry(503, "transaction_size_limit", State::Implemented, int(32, 10000000)),
    entry(504, "transaction_causal_read_risky", State::Accepted, Parameter::None),
    entry(505, "transaction_include_port_in_address", State::Accepted, Parameter::None),
    entry(506, "transaction_automatic_idempotency", State::Accepted, Parameter::None),
    entry(700, "transaction_bypass_unreadable", State::Implemented, Parameter::None),
    entry(701, "transaction_used_during_commit_protection_disable", State::Implemented, Parameter::None),
    entry(702, "transaction_report_conflicting_keys", State::Implemented, Parameter::None),
    entry(800, "use_config_database", State::Refused, Parameter::None),
    entry(900, "test_causal_read_risky", State::Accepted, int(0, 100)),
];

/// The transaction options, by number.
pub static TRANSACTION: &[Entry] = &[
    entry(10, "causal_write_risky", State::Implemented, Parameter::None),
    entry(20, "causal_read_risky", State::Accepted, Parameter::None),
    entry(21, "causal_read_disable", State::Accepted, Parameter::None),
    entry(23, "include_port_in_address", State::Accepted, Parameter::None),
    entry(30, "next_write_no_write_conflict_range", State::Implemented, Parameter::None),
    entry(40, "commit_on_first_proxy", State::Accepted, Parameter::None),
    entry(50, "check_writes_enable", State::Accepted, Parameter::None),
    entry(51, "read_your_writes_disable", State::Implemented, Parameter::None),
    entry(52, "read_ahead_disable", State::Accepted, Parameter::None),
    entry(110, "durability_datacenter", State::Accepted, Parameter::None),
    entry(120, "durability_risky", State::Accepted, Parameter::None),
    entry(130, "durability_dev_null_is_web_scale", State::Accepted, Parameter::None),
    entry(200, "priority_system_immediate", State::Accepted, Parameter::None),
    entry(201, "priority_batch", State::Accepted, Parameter::None),
    entry(300, "initialize_new_database", State::Refused, Parameter::None),
    entry(301, "access_system_keys", State::Implemented, Parameter::None),
    entry(302, "read_system_keys", State::Implemented, Parameter::None),
    entry(303, "raw_access", State::Implemented, Parameter::None),
    entry(304, "bypass_storage_quota", State::Accepted, Parameter::None),
    entry(400, "debug_dump", State::Accepted, Parameter::None),
    entry(401, "debug_retry_logging", State::Accepted, optional(0, usize::MAX)),
    entry(402, "transaction_logging_enable", State::Accepted, text(1, 100)),
    entry(403, "debug_transaction_identifier", State::Accepted, text(1, 100)),
    entry(404, "log_transaction", State::Accepted, Parameter::None),
    Entry {
        never: Some(0),
        ..entry(405, "transaction_logging_max_field_length", State::Accepted, int(-1, 2147483647))
    },
    entry(406, "server_request_tracing", State::Accepted, Parameter::None),
    Entry { persistent: true, ..entry(500, "timeout", State::Implemented, int(0, 2147483647)) },
    Entry { persistent: true, ..entry(501, "retry_limit", State::Implemented, int(-1, 2147483647)) },
    Entry { persistent: true, ..entry(502, "max_retry_delay", State::Implemented, int(0, 2147483647)) },
    entry(503, "size_limit", State::Implemented, int(32, 10000000)),
    Entry { error: 2007, ..entry(504, "idempotency_id", State::Accepted, text(16, 255)) },
    entry(505, "automatic_idempotency", State::Accepted, Parameter::None),
    entry(507, "read_server_side_cache_enable", State::Accepted, Parameter::None),
    entry(508, "read_server_side_cache_disable", State::Accepted, Parameter::None),
    entry(509, "read_priority_normal", State::Accepted, Parameter::None),
    entry(510, "read_priority_low", State::Accepted, Parameter::None),
    entry(511, "read_priority_high", State::Accepted, Parameter::None),
    entry(600, "snapshot_ryw_enable", State::Implemented, Parameter::None),
    entry(601, "snapshot_ryw_disable", State::Implemented, Parameter::None),
    entry(700, "lock_aware", State::Implemented, Parameter::None),
    entry(701, "used_during_commit_protection_disable", State::Implemented, Parameter::None),
    entry(702, "read_lock_aware", State::Implemented, Parameter::None),
    entry(710, "first_in_batch", State::Accepted, Parameter::None),
    entry(711, "use_provisional_proxies", State::Accepted, Parameter::None),
    entry(712, "report_conflicting_keys", State::Implemented, Parameter::None),
    entry(713, "special_key_space_relaxed", State::Implemented, Parameter::None),
    entry(714, "special_key_space_enable_writes", State::Implemented, Parameter::None),
    Entry {
        error: 2110,
        ..entry(
            800,
            "tag",
            State::Accepted,
            Parameter::Text { min: 0, max: 255, to_710: Some((0, 16)), optional: false, words: &[], shape: Shape::Any },
        )
    },
    Entry {
        error: 2110,
        ..entry(
            801,
            "auto_throttle_tag",
            State::Accepted,
            Parameter::Text { min: 0, max: 255, to_710: Some((0, 16)), optional: false, words: &[], shape: Shape::Any },
        )
    },
    entry(900, "span_parent", State::Accepted, Parameter::Bytes { min: 33, max: 33, to_710: Some((16, 16)) }),
    entry(1000, "expensive_clear_cost_estimation_enable", State::Accepted, Parameter::None),
    entry(1100, "bypass_unreadable", State::Implemented, Parameter::None),
    entry(1101, "use_grv_cache", State::Accepted, Parameter::None),
    entry(1102, "skip_grv_cache", State::Accepted, Parameter::None),
    entry(1103, "max_grv_queue_delay", State::Refused, int(i64::MIN, i64::MAX)),
    Entry { persistent: true, ..entry(2000, "authorization_token", State::Accepted, text(0, usize::MAX)) },
    entry(4000, "enable_replica_consistency_check", State::Refused, Parameter::None),
    entry(4001, "consistency_check_required_replicas", State::Refused, int(i64::MIN, i64::MAX)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(table: &[Entry], code: i32) -> Parameter {
        table[table.binary_search_by_key(&code, |entry| entry.code).unwrap()].parameter
    }

    /// OPT-1: a code is found by bisection, so the codes of each table rise.
    #[test]
    fn codes_rise() {
        for table in [NETWORK, DATABASE, TRANSACTION] {
            assert!(table.windows(2).all(|pair| pair[0].code < pair[1].code));
        }
    }

    /// OPT-2: an integer has 8 bytes and lies between its bounds.
    #[test]
    fn integers_are_8_bytes_within_bounds() {
        let threads = parameter(NETWORK, 65);
        let takes = |number: i64| threads.takes(&number.to_le_bytes(), 730);
        assert!(takes(1) && takes(1024) && !takes(0) && !takes(1025) && !takes(-1));
        assert!(!threads.takes(&[], 730) && !threads.takes(&[1, 0, 0, 0], 730) && !threads.takes(&[1; 9], 730));
    }

    /// OPT-3: an option without a parameter takes no bytes.
    #[test]
    fn flags_take_nothing() {
        assert!(parameter(TRANSACTION, 10).takes(&[], 730));
        assert!(!parameter(TRANSACTION, 10).takes(&[0], 730));
    }

    #[test]
    fn texts_have_their_words_forms_and_lengths() {
        let takes = |table, code, value: &str, version| parameter(table, code).takes(value.as_bytes(), version);
        assert!(takes(NETWORK, 34, "json", 730) && !takes(NETWORK, 34, "yaml", 730) && !takes(NETWORK, 34, "", 730));
        assert!(takes(NETWORK, 40, "a=b", 730) && !takes(NETWORK, 40, "ab", 730) && !takes(NETWORK, 40, "", 730));
        assert!(takes(NETWORK, 36, "a_1", 730) && !takes(NETWORK, 36, "a-1", 730));
        assert!(takes(NETWORK, 30, "", 730) && takes(TRANSACTION, 401, "", 730));
        let long = "x".repeat(17);
        assert!(takes(TRANSACTION, 800, &long, 720) && !takes(TRANSACTION, 800, &long, 710));
        assert!(!takes(TRANSACTION, 403, "", 730) && !takes(TRANSACTION, 403, &"x".repeat(101), 730));
        assert!(parameter(TRANSACTION, 900).takes(&[0; 33], 720) && parameter(TRANSACTION, 900).takes(&[0; 16], 710));
        assert!(!parameter(TRANSACTION, 900).takes(&[0; 16], 720));
    }
}
