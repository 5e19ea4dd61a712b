//! How many rows and bytes one range read may return, from the arguments of the C call.
//!
//! Rules RNG-3, RNG-4, RNG-5 and RNG-7. A result of 0 means "no limit". A refused call touches nothing:
//! the order of the checks is that of FoundationDB, so the same bad call gets the same number.

use plinth_api::{Code, Error, Result};

/// `FDB_STREAMING_MODE_WANT_ALL`
pub const WANT_ALL: i32 = -2;
/// `FDB_STREAMING_MODE_ITERATOR`
pub const ITERATOR: i32 = -1;
/// `FDB_STREAMING_MODE_EXACT`
pub const EXACT: i32 = 0;
/// `FDB_STREAMING_MODE_SMALL`
pub const SMALL: i32 = 1;
/// `FDB_STREAMING_MODE_MEDIUM`
pub const MEDIUM: i32 = 2;
/// `FDB_STREAMING_MODE_LARGE`
pub const LARGE: i32 = 3;
/// `FDB_STREAMING_MODE_SERIAL`
pub const SERIAL: i32 = 4;

/// The bytes of one call in ITERATOR mode, by iteration; later ones use the last.
const ITERATIONS: [usize; 10] = [4096, 6144, 9216, 13_824, 20_736, 31_104, 46_656, 69_984, 80_000, 120_000];

/// The limits of one range read: rows and bytes, 0 for none.
///
/// # Errors
///
/// 2210 for EXACT without a limit, 2000 for an unknown mode or an iteration below 1 in ITERATOR mode,
/// 2012 for a negative limit other than -1.
pub fn limits(limit: i32, target_bytes: i32, mode: i32, iteration: i32) -> Result<(usize, usize)> {
    if mode == EXACT && is_unlimited(limit) && is_unlimited(target_bytes) {
        return Err(Code::EXACT_MODE_WITHOUT_LIMITS.into());
    }
    let of_mode = bytes_of_mode(mode, iteration)?;
    let rows = given("limit", limit)?;
    let bytes = given("target_bytes", target_bytes)?;
    Ok((rows, smaller(bytes, of_mode)))
}

/// Rules RNG-3 and RNG-4: both 0 and -1 stand for "no limit".
fn is_unlimited(limit: i32) -> bool {
    limit == 0 || limit == -1
}

/// A limit of the caller, 0 for none.
fn given(name: &str, limit: i32) -> Result<usize> {
    if is_unlimited(limit) {
        return Ok(0);
    }
    usize::try_from(limit)
        .map_err(|_| Error::new(Code::RANGE_LIMITS_INVALID).context(format!("{name} is {limit}; 0 means unlimited")))
}

/// The bytes that a mode allows in one call, 0 for any number.
fn bytes_of_mode(mode: i32, iteration: i32) -> Result<usize> {
    match mode {
        WANT_ALL | SERIAL => Ok(80_000),
        ITERATOR => bytes_of_iteration(iteration),
        EXACT => Ok(0),
        SMALL => Ok(256),
        MEDIUM => Ok(1000),
        LARGE => Ok(4096),
        _ => Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("there is no streaming mode {mode}"))),
    }
}

/// The bytes that ITERATOR mode allows in the call with this number, counted from 1.
fn bytes_of_iteration(iteration: i32) -> Result<usize> {
    let index = usize::try_from(iteration).ok().and_then(|count| count.checked_sub(1)).ok_or_else(|| {
        Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("iteration is {iteration}; the first one is 1"))
    })?;
    Ok(ITERATIONS[index.min(ITERATIONS.len() - 1)])
}

/// The smaller of two limits, where 0 means none.
fn smaller(one: usize, other: usize) -> usize {
    match (one, other) {
        (0, limit) | (limit, 0) => limit,
        _ => one.min(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mode and bytes of the table of RNG-4, for the modes that do not look at the iteration.
    const MODES: [(i32, usize); 6] =
        [(WANT_ALL, 80_000), (EXACT, 0), (SMALL, 256), (MEDIUM, 1000), (LARGE, 4096), (SERIAL, 80_000)];

    /// Iteration and bytes of the table of RNG-4.
    const STEPS: [(i32, usize); 13] = [
        (1, 4096),
        (2, 6144),
        (3, 9216),
        (4, 13_824),
        (5, 20_736),
        (6, 31_104),
        (7, 46_656),
        (8, 69_984),
        (9, 80_000),
        (10, 120_000),
        (11, 120_000),
        (1_000_000, 120_000),
        (i32::MAX, 120_000),
    ];

    fn number(result: Result<(usize, usize)>) -> i32 {
        result.expect_err("the call must be refused").code().number()
    }

    /// RNG-4: each mode has its bytes; RNG-5: they do not depend on the iteration.
    #[test]
    fn every_mode_has_its_bytes_in_every_iteration() {
        for (mode, bytes) in MODES {
            for iteration in [i32::MIN, -1, 0, 1, 2, 10, i32::MAX] {
                assert_eq!(limits(7, 0, mode, iteration).unwrap(), (7, bytes), "mode {mode}, iteration {iteration}");
            }
        }
    }

    /// RNG-4: the iterator grows by iteration, and stays at its last step.
    #[test]
    fn the_iterator_grows_by_iteration() {
        for (iteration, bytes) in STEPS {
            assert_eq!(limits(0, 0, ITERATOR, iteration).unwrap(), (0, bytes), "iteration {iteration}");
        }
    }

    /// RNG-5: the first iteration is 1.
    #[test]
    fn the_iterator_refuses_iterations_below_one() {
        for iteration in [0, -1, i32::MIN] {
            assert_eq!(number(limits(1, 1, ITERATOR, iteration)), 2000, "iteration {iteration}");
        }
    }

    /// RNG-5: codes outside the table are no modes.
    #[test]
    fn unknown_modes_are_refused() {
        for mode in [-3, 5, 6, i32::MIN, i32::MAX] {
            assert_eq!(number(limits(1, 1, mode, 1)), 2000, "mode {mode}");
        }
    }

    /// RNG-3 and RNG-4: 0 and -1 are no limit, other negative numbers are refused in every mode.
    #[test]
    fn zero_and_minus_one_are_unlimited_and_other_negatives_are_refused() {
        for mode in WANT_ALL..=SERIAL {
            for none in [0, -1] {
                assert_eq!(limits(none, 5, mode, 1).unwrap(), (0, 5), "mode {mode}");
                assert_eq!(limits(5, none, mode, 1).unwrap().0, 5, "mode {mode}");
            }
            for bad in [-2, -80_000, i32::MIN] {
                assert_eq!(number(limits(bad, 5, mode, 1)), 2012, "mode {mode}");
                assert_eq!(number(limits(5, bad, mode, 1)), 2012, "mode {mode}");
            }
        }
    }

    /// RNG-5 with 3FS: EXACT needs one of the two limits, and -1 is none.
    #[test]
    fn exact_needs_a_limit() {
        for rows in [0, -1] {
            for bytes in [0, -1] {
                assert_eq!(number(limits(rows, bytes, EXACT, 1)), 2210);
            }
        }
        assert_eq!(limits(10, -1, EXACT, 0).unwrap(), (10, 0));
        assert_eq!(limits(-1, 10, EXACT, 0).unwrap(), (0, 10));
    }

    /// RNG-4: the smaller of the caller's bytes and the mode's counts.
    #[test]
    fn the_smaller_number_of_bytes_counts() {
        for (mode, of_mode) in MODES {
            for bytes in [1_usize, 255, 256, 257, 1000, 4096, 80_000, 80_001, 2_147_483_647] {
                let expected = if of_mode == 0 { bytes } else { of_mode.min(bytes) };
                let target = i32::try_from(bytes).unwrap();
                assert_eq!(limits(0, target, mode, 0).unwrap(), (0, expected), "mode {mode}, target {bytes}");
            }
        }
        assert_eq!(limits(0, 5000, ITERATOR, 1).unwrap(), (0, 4096));
        assert_eq!(limits(0, 5000, ITERATOR, 2).unwrap(), (0, 5000));
    }

    /// RNG-7: with EXACT nothing but the caller's limits ends a call, with the other modes the bytes do.
    #[test]
    fn exact_is_the_only_mode_without_bytes_of_its_own() {
        for mode in WANT_ALL..=SERIAL {
            assert_eq!(limits(i32::MAX, 0, mode, 1).unwrap().1 == 0, mode == EXACT, "mode {mode}");
        }
    }

    /// RNG-5: among several mistakes the missing limit of EXACT and then the mode are told first.
    #[test]
    fn the_mode_is_looked_at_before_negative_limits() {
        assert_eq!(number(limits(-5, -5, 9, 1)), 2000);
        assert_eq!(number(limits(-5, -5, ITERATOR, 0)), 2000);
        assert_eq!(number(limits(-5, 0, EXACT, 1)), 2012);
    }
}
