//! What to do about errors of the operating system, in words for people.

/// The system's words, and ours.
const ADVICE: [(&str, &str); 7] = [
    ("No space left on device", FULL),
    ("Disk quota exceeded", FULL),
    ("File too large", "a limit on the size of files is too low (ulimit -f): raise it, then open the database again"),
    ("Too many open files", "a limit on open files is too low (ulimit -n): raise it, then open the database again"),
    ("Read-only file system", READ_ONLY),
    ("Permission denied", "this user needs to read and write the directory and all files in it"),
    ("Cannot allocate memory", "the machine or the process has no memory left"),
];
const READ_ONLY: &str =
    "the file system takes no writes, or none any more: mount it writable and open the database again, or open it with read_only";
const FULL: &str =
    "the file system has no room for more data, or for more files: free some, then open the database again";

/// What to do about an error with these words.
pub fn advice(words: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(theirs, _)| words.contains(theirs)).map(|(_, ours)| *ours)
}

/// The words, and what to do about them.
pub fn advised(words: String) -> String {
    match advice(&words) {
        Some(advice) => format!("{words} ({advice})"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_of_a_full_disk_has_advice() {
        for errno in [28, 122, 27, 24, 23, 30, 13] {
            let words = std::io::Error::from_raw_os_error(errno).to_string();
            assert!(advised(words.clone()).len() > words.len() + 20, "{words}");
        }
        assert_eq!(advised("odd".to_owned()), "odd");
    }
}
