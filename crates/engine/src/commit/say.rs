//! What the pipeline says of itself; all of it is said seldom. Called under any of its locks: `log` has but leaves.

use plinth_api::Error;

use super::Pipeline;

impl Pipeline {
    /// No commit is taken any more.
    #[cold]
    pub(super) fn say_failed(&self, error: &Error) {
        let story = error.story();
        let disk_full = story.contains("No space left");
        let (name, code) = (&*self.settings.name, error.code().number());
        tracing::error!(
            target: "plinth::commit",
            database = name,
            code,
            disk_full,
            "a write failed, and commits fail with 9004 until the database is opened again: {story}",
        );
    }

    /// Commits are held back, or no longer.
    #[cold]
    pub(super) fn say_pressure(&self, begins: bool) {
        let name = &*self.settings.name;
        match begins {
            true => tracing::warn!(
                target: "plinth::commit",
                database = name,
                "commits are held back: the disk does not keep up with flushes and compactions",
            ),
            false => tracing::info!(
                target: "plinth::commit",
                database = name,
                refused = self.counters.refused.get(),
                "commits are no longer held back",
            ),
        }
    }

    /// Transactions that began before now are too old.
    #[cold]
    pub(super) fn say_forgot(&self, bytes: usize) {
        self.counters.forgotten.add(1);
        tracing::warn!(
            target: "plinth::commit",
            database = &*self.settings.name,
            bytes,
            limit = self.settings.limits.history,
            "the conflict history outgrew its share of the memory budget and was dropped: transactions that began \
             before fail with 1007",
        );
    }
}
