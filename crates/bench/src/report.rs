//! What a run prints. Relies on `row` for the medians and on `target` for what is asked for.

use std::fmt::Write;

use crate::args::Args;
use crate::case::Case;
use crate::engines::Kind;
use crate::row::Row;
use crate::scene;
use crate::target::{targets, Outcome};

/// What would be measured, and on which engines.
pub fn list(args: &Args, cases: &[(usize, Case)]) -> String {
    let mut text = String::new();
    let mut turns = 0;
    for (_, case) in cases {
        let kinds: Vec<&str> =
            args.engines.iter().filter(|kind| case.measures(**kind)).map(|kind| kind.name()).collect();
        turns += kinds.len() * args.rounds;
        let _ = writeln!(text, "{:<11}{:<36}{}", case.group.name(), case.label(), kinds.join(" "));
    }
    let minutes = turns as f64 * args.seconds / 60.0;
    let _ = writeln!(text, "{} cases, {turns} turns: {minutes:.0} minutes, and the loading", cases.len());
    text
}

/// What is run, where and how.
pub fn heading(args: &Args, machine: &str) -> String {
    let mut text = format!(
        "{} keys of 16 bytes, values of {} bytes, where nothing else is said.\n{machine}\n\
         {} rounds of {} s for each line, engines in turn, each in a process of its own; medians.\n\
         A transaction is begun, run, committed and destroyed; conflicts are retried and counted.\n\
         Every ratio is of engines at the same durability: the median of the rounds' ratios.",
        args.keys,
        crate::data::VALUE_LENGTH,
        args.rounds,
        args.seconds,
    );
    for kind in &args.engines {
        let _ = write!(text, "\n{:<12}{}", kind.name(), kind.note());
    }
    text
}

/// The main table.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<23}{:>4} {:<9}{:<12}{:>11}{:>10}{:>10}{:>9}{:>10}{:>9}  {}\n",
        "work",
        "thr",
        "durable",
        "engine",
        "per second",
        "p50 us",
        "p99 us",
        "cpu us",
        "conflicts",
        "plinth/",
        "target"
    );
    let mut previous: Option<&Row> = None;
    for row in rows {
        if previous.is_none_or(|previous| previous.place.scene != row.place.scene) {
            let note = scene::Scene::find(&row.place.scene).map_or("", |scene| scene.note);
            let _ = writeln!(text, "-- {}: {note}", row.place.scene);
        }
        let first = previous.is_none_or(|previous| previous.place != row.place);
        let (work, threads, durability) = match first {
            true => (row.place.work.as_str(), row.place.threads.to_string(), row.place.durability.as_str()),
            false => ("", String::new(), ""),
        };
        let ratio = row.plinth_ratio(rows).map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            text,
            "{work:<23}{threads:>4} {durability:<9}{:<12}{:>11.0}{:>10.1}{:>10.1}{:>9.1}{:>10}{ratio:>9}  {}",
            row.engine.name(),
            row.per_second,
            row.p50_us,
            row.p99_us,
            row.cpu_us,
            row.conflicts,
            remarks(row, rows)
        );
        previous = Some(row);
    }
    text
}

fn remarks(row: &Row, rows: &[Row]) -> String {
    let ratio = row.plinth_ratio(rows);
    let mut remarks = Vec::new();
    for target in targets().iter().filter(|target| target.is_about(row)) {
        let mark = if ratio.is_some_and(|ratio| ratio >= target.asked) { "met" } else { "MISSED" };
        remarks.push(format!(">= {:.2} {mark}", target.asked));
    }
    if row.place.durability == "sync" {
        remarks.extend(row.syncs_per_commit.map(|syncs| format!("syncs/commit {syncs:.3}")));
    }
    remarks.join(", ")
}

/// FoundationDB's published tests beside ours, in operations a second.
pub fn published(rows: &[Row]) -> String {
    let tests = rows.iter().filter(|row| row.published.is_some());
    let engines: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| tests.clone().any(|row| row.engine == *kind)).collect();
    let mut text = String::new();
    for test in tests.filter(|row| Some(&row.engine) == engines.first()) {
        let Some((figure, unit)) = &test.published else { continue };
        let _ = write!(text, "{:<31}", format!("{} ({unit})", test.place.work));
        for kind in &engines {
            let row = rows.iter().find(|row| row.engine == *kind && row.place == test.place);
            let _ = write!(text, "{:>13.0}", row.and_then(|row| row.operations).unwrap_or(0.0));
        }
        let _ = writeln!(text, "{figure:>14}");
    }
    if text.is_empty() {
        return text;
    }
    let names: String = engines.iter().map(|kind| format!("{:>13}", kind.name())).collect();
    format!(
        "\nFoundationDB's single-core tests, operations a second. Here the whole process, clients and engine, is on one core.\n\
         FoundationDB's figures are those it published: an older machine (E3-1240, SATA SSD), the server alone on one core,\n\
         values of 8 to 100 bytes.\n{:<31}{names}{:>14}\n{text}",
        "test", "FoundationDB"
    )
}

/// The library for programs made for FoundationDB beside the native one, each loaded at run time.
pub fn futures(rows: &[Row]) -> String {
    let mut text = String::new();
    for future in rows.iter().filter(|row| row.engine == Kind::FdbC && row.place.work == crate::work::HOT.name) {
        let native = rows.iter().find(|row| row.engine == Kind::PlinthSo && row.place == future.place);
        let Some((native, ratio)) = native.and_then(|native| Some((native, future.over(native)?))) else { continue };
        // A transaction of a thousand reads: its microseconds are a read's nanoseconds.
        let _ = writeln!(
            text,
            "{} thread(s): a future, blocked on, {:.0} ns; a native read {:.0} ns; futures a second/native {ratio:.2}",
            future.place.threads, future.p50_us, native.p50_us,
        );
    }
    match text.as_str() {
        "" => text,
        _ => {
            format!("\nPoint reads of hot keys, through libfdb_c.so and libplinth.so, both loaded at run time:\n{text}")
        }
    }
}

/// Plinth's functions over a client library of clusters beside that library's own.
pub fn clusters(rows: &[Row]) -> String {
    let mut text = String::new();
    for cluster in rows.iter().filter(|row| row.engine == Kind::Cluster) {
        let direct = rows.iter().find(|row| row.engine == Kind::FdbC && row.place == cluster.place);
        let Some((direct, ratio)) = direct.and_then(|direct| Some((direct, cluster.over(direct)?))) else { continue };
        let _ =
            writeln!(text, "{:<31}{:>12.1}{:>12.1}{ratio:>15.3}", cluster.place.label(), cluster.p50_us, direct.p50_us);
    }
    match text.as_str() {
        "" => text,
        _ => format!(
            "\nThe same client library through plinth.h and through its own functions; cluster/fdb_c is of transactions a second:\n\
             {:<31}{:>12}{:>12}{:>15}\n{text}",
            "work", "cluster us", "fdb_c us", "cluster/fdb_c"
        ),
    }
}

/// What is in another process beside the same work of Plinth in the process.
pub fn processes(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.engine.is_remote()) {
        let plinth = rows.iter().find(|other| other.engine == Kind::Plinth && other.place == row.place);
        let words = |ratio: Option<f64>| ratio.map_or(String::from("-"), |ratio| format!("{ratio:.3}"));
        let _ = writeln!(
            text,
            "{:<31}{:<10}{:>11.0}{:>10.1}{:>10.1}{:>14}{:>9}",
            row.place.label(),
            row.engine.name(),
            row.per_second,
            row.p50_us,
            row.p99_us,
            words(plinth.and_then(|plinth| row.over(plinth))),
            words(row.ratio_of(Kind::Guest, rows)),
        );
    }
    match text.as_str() {
        "" => text,
        _ => format!(
            "\nFrom another process than the data's; /in-process is over Plinth in the process, guest/ is a guest's\n\
             transactions a second over this engine's, at the same durability.\n\
             {:<31}{:<10}{:>11}{:>10}{:>10}{:>14}{:>9}\n{text}",
            "work", "engine", "per second", "p50 us", "p99 us", "/in-process", "guest/"
        ),
    }
}

/// Peak memory of each engine.
pub fn memory(engines: &[(Kind, &str, u64)]) -> String {
    let mut text = String::from(
        "\nPeak resident memory of the engine's process (VmHWM) in any measurement, with program, caches and write buffers;\n\
         of what is in another process only the clients' side:\n",
    );
    for (kind, scene, bytes) in engines {
        let _ = writeln!(text, "{:<12}{scene:<12}{:>8.0} MiB", kind.name(), *bytes as f64 / f64::from(1 << 20));
    }
    text
}

/// How many targets were met, and which were not.
pub fn verdict(rows: &[Row]) -> String {
    let outcomes: Vec<Outcome> = targets().iter().filter_map(|target| target.judge(rows)).collect();
    let missed: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.met).collect();
    let mut text = format!("\nTargets met: {}; missed: {}\n", outcomes.len() - missed.len(), missed.len());
    for outcome in missed {
        let Outcome { label, engine, against, asked, got, .. } = outcome;
        let _ = writeln!(text, "  missed: {label}, {} against {against}: {got:.2}, asked {asked}", engine.name());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    #[test]
    fn the_table_says_which_targets_are_missed() {
        let label = "blind-5/1/buffered";
        let rows = [row("writes", label, Kind::Plinth, &[80.0]), row("writes", label, Kind::Rocksdb, &[100.0])];
        assert!(table(&rows).contains("0.80  >= 0.90 MISSED"));
        assert!(verdict(&rows).contains("met: 0; missed: 1"));
        assert!(verdict(&rows).contains("blind-5/1/buffered, plinth against rocksdb: 0.80, asked >= 0.9"));
    }

    #[test]
    fn a_cluster_stands_beside_its_client_library() {
        let label = "read-1/1/none";
        let rows = [row("reads", label, Kind::FdbC, &[100.0]), row("reads", label, Kind::Cluster, &[93.0])];
        assert!(clusters(&rows).lines().any(|line| line.starts_with(label) && line.ends_with("0.930")));
        assert_eq!(clusters(&rows[1..]), "");
    }

    #[test]
    fn what_is_elsewhere_is_beside_the_process() {
        let label = "range-1000/1/none";
        let rows = [row("processes", label, Kind::Plinth, &[100.0]), row("processes", label, Kind::Guest, &[49.0])];
        assert!(processes(&rows).lines().any(|line| line.starts_with(label) && line.contains("0.490")));
    }

    #[test]
    fn published_figures_stand_beside_operations() {
        let rows = [row("fdb", "fdb-read-10x100/100/none", Kind::Plinth, &[40_000.0])];
        assert!(published(&rows).lines().any(|line| line.contains("400000") && line.ends_with("305000")));
    }
}
