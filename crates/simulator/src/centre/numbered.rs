//! Things by a number that rises, kept for as long as each lasts: looking one up costs nothing.

use std::collections::VecDeque;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T> {
    /// The number of the first that is kept.
    first: u64,
    kept: VecDeque<Option<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { first: 0, kept: VecDeque::new() }
    }
}

impl<T> Numbered<T> {
    /// The number that the next one gets.
    pub(crate) fn next_number(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    pub(crate) fn push(&mut self, what: T) {
        self.kept.push_back(Some(what));
    }

    /// Keeps one whose number is not below the next one; those between the two are not there.
    pub(crate) fn put(&mut self, number: u64, what: T) {
        if self.kept.is_empty() {
            self.first = self.first.max(number);
        }
        while self.next_number() < number {
            self.kept.push_back(None);
        }
        self.push(what);
    }

    /// The one of this number, while it is kept.
    pub(crate) fn at(&mut self, number: u64) -> Option<&mut T> {
        let index = self.index(number)?;
        self.kept.get_mut(index)?.as_mut()
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let index = self.index(number)?;
        let removed = self.kept.get_mut(index)?.take();
        while let Some(None) = self.kept.front() {
            self.kept.pop_front();
            self.first += 1;
        }
        removed
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_kept_is_the_oldest_that_lasts() {
        let mut numbered = Numbered::default();
        for what in ["a", "b", "c"] {
            numbered.push(what);
        }
        assert_eq!(numbered.remove(1), Some("b"));
        assert_eq!((numbered.first, numbered.next_number()), (0, 3));
        assert_eq!(numbered.remove(0), Some("a"));
        assert_eq!((numbered.first, numbered.next_number()), (2, 3));
        assert_eq!([0, 2, 3].map(|number| numbered.at(number).copied()), [None, Some("c"), None]);
        assert_eq!((numbered.remove(7), numbered.next_number()), (None, 3));
        assert_eq!((numbered.remove(2), numbered.next_number()), (Some("c"), 3));
    }

    #[test]
    fn some_numbers_are_never_there() {
        let mut numbered = Numbered::default();
        numbered.put(5, "f");
        numbered.put(7, "h");
        assert_eq!((numbered.first, numbered.next_number()), (5, 8));
        assert_eq!([6, 7].map(|number| numbered.at(number).copied()), [None, Some("h")]);
        assert_eq!(numbered.remove(5), Some("f"));
        assert_eq!(numbered.first, 7);
    }
}
