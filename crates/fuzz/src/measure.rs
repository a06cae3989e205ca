//! How much memory something takes at most, on this thread.

use allocation_counter::measure;

/// Does something, which must not hold more than `bytes` at any time.
pub(crate) fn within<T>(bytes: usize, what: &str, does: impl FnOnce() -> T) -> T {
    let mut made = None;
    let took = measure(|| made = Some(does())).bytes_max;
    assert!(took <= bytes as u64, "{what} took {took} bytes, of {bytes} that it may");
    made.expect("it was done")
}
