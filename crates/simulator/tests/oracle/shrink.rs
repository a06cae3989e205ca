//! A short script that fails, made of a long one.

use std::panic::{self, AssertUnwindSafe};

/// The steps of a failing run but for those without which it fails as well.
pub(crate) fn shrink<T: Clone>(mut steps: Vec<T>, run: impl Fn(Vec<T>)) -> Vec<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let fails =
        |steps: &[T]| panic::catch_unwind(AssertUnwindSafe(|| run(steps.to_vec()))).is_err();
    let mut length = steps.len();
    while length > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..steps.len().min(at + length));
            match fails(&fewer) {
                true => steps = fewer,
                false => at += length,
            }
        }
        length /= 2;
    }
    panic::set_hook(hook);
    steps
}
