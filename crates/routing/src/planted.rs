//! Bugs that are put in on purpose, one for each thing that must never happen: a simulator that
//! does not find one of them is not good enough (`docs/proof.md`).
//!
//! They are compiled in with the feature `planted` alone, which nothing has by default; then one
//! at a time may be switched on, by and for one thread. Where the code would go wrong stands
//! `planted!(Bug)`. Without the feature that is the word `false`, and nothing else of this
//! module is there.

/// Whether a bug is in; with two expressions, what is done where it is, and where it is not.
#[cfg(not(feature = "planted"))]
#[doc(hidden)]
#[macro_export]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
    ($bug:ident, $wrong:expr, $right:expr) => {
        $right
    };
}

/// Whether a bug is in; with two expressions, what is done where it is, and where it is not.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::is_in($crate::planted::Bug::$bug)
    };
    ($bug:ident, $wrong:expr, $right:expr) => {
        if $crate::planted!($bug) { $wrong } else { $right }
    };
}

#[cfg(feature = "planted")]
mod bugs;
#[cfg(feature = "planted")]
mod switch;

#[cfg(feature = "planted")]
pub use bugs::Bug;
#[cfg(feature = "planted")]
pub(crate) use switch::next_of_all;
#[cfg(feature = "planted")]
pub use switch::{is_in, with};
