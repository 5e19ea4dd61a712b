//! What every exporter tells of its process, by the names that Prometheus' own libraries use. Relies on
//! `/proc`; what can't be read there is left out.

use std::fmt::Write as _;
use std::fs;

/// The numbers as text in Prometheus' exposition format.
pub fn metrics() -> String {
    let mut text = String::new();
    let mut tell = |name: &str, kind: &str, help: &str, number: Option<f64>| {
        if let Some(number) = number {
            // Writing to a string can't fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {number}\n");
        }
    };
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name of the program, which may have any characters; the first is field 3.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<f64>().ok());
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let page = rustix::param::page_size() as f64;
    let cpu = field(14).zip(field(15)).map(|(user, system)| (user + system) / ticks);
    tell("process_cpu_seconds_total", "counter", "Processor time of plinthd.", cpu);
    let resident = field(24).map(|pages| pages * page);
    tell("process_resident_memory_bytes", "gauge", "Memory of plinthd that is in use.", resident);
    let start = boot_time().zip(field(22)).map(|(boot, since)| boot + since / ticks);
    tell("process_start_time_seconds", "gauge", "When plinthd began, since 1970.", start);
    let open = fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as f64);
    tell("process_open_fds", "gauge", "Files and sockets that plinthd has open.", open);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    tell("process_max_fds", "gauge", "How many it may have open.", limit.map(|limit| limit as f64));
    text
}

fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
