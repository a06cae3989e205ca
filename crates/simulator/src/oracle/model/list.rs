//! A list that only grows: agents and departments are marked as gone, never taken out, so that a
//! place in it stays theirs.

use std::ops::{Index, IndexMut};

#[derive(Clone, Debug)]
pub(crate) struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    pub(crate) fn push(&mut self, entry: T) {
        self.0.push(entry);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

#[expect(clippy::indexing_slicing, reason = "places are given by this list, which only grows")]
impl<T> Index<usize> for List<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place]
    }
}

#[expect(clippy::indexing_slicing, reason = "places are given by this list, which only grows")]
impl<T> IndexMut<usize> for List<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.0[place]
    }
}
