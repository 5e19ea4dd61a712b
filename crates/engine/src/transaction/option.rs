//! Options of a transaction: what they begin as, and how they change (section 10 of the rules).

use plinth_api::{Code, Error, Result, TransactionOption};

use super::state::Options;
use super::Transaction;
use crate::limits::Bounds;
use crate::service::Service;

impl Options {
    /// What a transaction begins with (rule OPT-5).
    pub fn new(service: &dyn Service) -> Self {
        Self {
            values: service.defaults(),
            durability: service.options().durability,
            bounds: Bounds::new(service.options()),
            causal_write_risky: false,
            next_write_quiet: false,
            ryw_disabled: false,
            lock_aware: false,
            read_lock_aware: false,
            special_relaxed: false,
            special_writes: false,
        }
    }
}

impl Transaction {
    pub(super) fn change_option(&self, option: TransactionOption) -> Result<()> {
        self.service.check_open()?;
        let option = option.check(self.service.options().transaction.size_limit)?;
        let mut state = self.lock();
        // What a commit took away was written too.
        let used = state.has_read || state.has_written() || state.sent.is_some();
        if option == TransactionOption::ReadYourWritesDisable && used {
            let text = "own writes can't be hidden after the first read or write";
            return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(text));
        }
        apply(&mut state.options, option);
        if matches!(option, TransactionOption::Timeout(_)) {
            self.deadline_changed(state);
        }
        Ok(())
    }
}

fn apply(options: &mut Options, option: TransactionOption) {
    let values = &mut options.values;
    match option {
        TransactionOption::Timeout(value) => values.timeout_ms = value,
        TransactionOption::RetryLimit(value) => values.retry_limit = value,
        TransactionOption::MaxRetryDelay(value) => values.max_retry_delay_ms = value,
        TransactionOption::SizeLimit(value) => values.size_limit = value,
        TransactionOption::SnapshotRywEnable => values.snapshot_ryw += 1,
        TransactionOption::SnapshotRywDisable => values.snapshot_ryw -= 1,
        TransactionOption::SnapshotRywBy(by) => values.snapshot_ryw = values.snapshot_ryw.saturating_add(by),
        TransactionOption::BypassUnreadable => values.bypass_unreadable = true,
        TransactionOption::ReportConflictingKeys => values.report_conflicting_keys = true,
        TransactionOption::UsedDuringCommitProtectionDisable => values.used_during_commit_protection_disable = true,
        TransactionOption::Durability(value) => options.durability = value,
        TransactionOption::CausalWriteRisky => options.causal_write_risky = true,
        TransactionOption::NextWriteNoWriteConflictRange => options.next_write_quiet = true,
        TransactionOption::ReadYourWritesDisable => options.ryw_disabled = true,
        TransactionOption::AccessSystemKeys => options.allow_system_keys(true),
        TransactionOption::ReadSystemKeys => options.allow_system_keys(false),
        TransactionOption::RawAccess => options.bounds.raw = true,
        TransactionOption::LockAware => options.lock_aware = true,
        TransactionOption::ReadLockAware => options.read_lock_aware = true,
        TransactionOption::SpecialKeySpaceRelaxed => options.special_relaxed = true,
        TransactionOption::SpecialKeySpaceEnableWrites => options.special_writes = true,
    }
}
