//! Fewer steps, while the same thing fails: halves, quarters and so on are left out, down to
//! single steps. Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.

/// The steps of a failing run but for those without which it fails as well.
pub(super) fn fewer<T: Clone>(mut steps: Vec<T>, fails: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut length = steps.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < steps.len() {
            let end = steps.len().min(at + length);
            let mut less = steps.clone();
            less.drain(at..end);
            match fails(&less) {
                true => steps = less,
                false => at += length,
            }
        }
        length /= 2;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let all: Vec<u32> = (0..1_000).collect();
        let mut runs = 0;
        let mut fails = |steps: &[u32]| {
            runs += 1;
            [17, 500, 501].iter().all(|needed| steps.contains(needed))
        };
        assert_eq!(fewer(all, &mut fails), [17, 500, 501]);
        assert!(runs < 150, "{runs}");
    }

    #[test]
    fn what_fails_by_itself_is_nothing() {
        assert_eq!(fewer(vec![1, 2, 3], &mut |_| true), Vec::<i32>::new());
    }
}
