//! Which bug is in: one at a time, and for one thread alone.
#![allow(clippy::disallowed_types, reason = "a bug that is in is no part of any workspace")]

use std::cell::Cell;

use super::Bug;

thread_local! {
    static BUG: Cell<Option<Bug>> = const { Cell::new(None) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Runs something with a bug in, on this thread. Also where it panics, the bug is out again.
pub fn with<T>(bug: Bug, run: impl FnOnce() -> T) -> T {
    struct Out;
    impl Drop for Out {
        fn drop(&mut self) {
            BUG.set(None);
        }
    }
    BUG.set(Some(bug));
    COUNT.set(1);
    let _out = Out;
    run()
}

/// Whether a bug is in.
pub fn is_in(bug: Bug) -> bool {
    BUG.get() == Some(bug)
}

/// A number that no workspace of this thread was given before.
pub(crate) fn next_of_all() -> u64 {
    COUNT.set(COUNT.get() + 1);
    COUNT.get()
}
