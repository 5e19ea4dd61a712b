//! All stages, by obligation.

use crate::stage::Stage;
use crate::{
    abi, allocation, clock, closing, corruption, crash, crowd, endurance, forks, full_disk, fuzzing, io_faults,
    isolation, million, misuse, panics, power, racing, read_only, sanitizers, upkeep,
};

/// The obligations, and what each promises.
pub const OBLIGATIONS: &[(&str, &str)] = &[
    ("P1", "a killed process loses nothing that was acknowledged"),
    ("P2", "nor does a power cut"),
    ("P3", "transactions are strictly serialisable"),
    ("P4", "failing I/O is never acknowledged, and told"),
    ("P5", "out of memory leaves the database whole"),
    ("P6", "a full disk is told, and survived"),
    ("P7", "a file system that becomes read-only is told, and read"),
    ("P8", "corruption is found, and never read as a value"),
    ("P9", "clocks that jump change nothing"),
    ("P10", "fork leaves the parent unharmed, and tells the child"),
    ("P11", "processes that race to open a directory all get in, one of them as the host"),
    ("P12", "thousands of threads at once"),
    ("P13", "misuse is an error, never a crash"),
    ("P14", "close and unload with everything in flight"),
    ("P15", "a panic anywhere ends no process"),
    ("P16", "memory, files and latency stay flat"),
    ("P17", "fuzzing finds nothing"),
    ("P18", "sanitizers and Valgrind find nothing"),
    ("P19", "the binary interface only grows"),
    ("P20", "a million operations with flushes, compactions and kills: not one wrong byte"),
];

/// Every stage, in the order of the obligations.
pub fn stages() -> Vec<Stage> {
    let of_each = [
        crash::stages(),
        power::stages(),
        isolation::stages(),
        io_faults::stages(),
        allocation::stages(),
        full_disk::stages(),
        read_only::stages(),
        corruption::stages(),
        clock::stages(),
        forks::stages(),
        racing::stages(),
        crowd::stages(),
        misuse::stages(),
        closing::stages(),
        panics::stages(),
        endurance::stages(),
        fuzzing::stages(),
        sanitizers::stages(),
        abi::stages(),
        million::stages(),
        upkeep::stages(),
    ];
    of_each.into_iter().flatten().collect()
}
