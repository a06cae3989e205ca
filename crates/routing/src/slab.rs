//! Entities in one vector, named by small typed handles, so that the hot path follows indices
//! instead of looking ids up.
//!
//! A stale handle is a bug of the core, never of a caller: handles do not leave the crate.
#![allow(clippy::indexing_slicing, clippy::panic)] // a stale handle must stop the workspace

use std::{marker::PhantomData, ops};

/// A handle: the place of an entity in its slab.
pub(crate) trait Handle: Copy {
    fn from_raw(raw: u32) -> Self;
    fn raw(self) -> u32;
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(u32);

        impl $name {
            /// The first place; for bounds of ranges.
            #[allow(dead_code)] // not every kind is ranged over
            pub(crate) const ZERO: Self = Self(0);
        }

        impl Handle for $name {
            fn from_raw(raw: u32) -> Self {
                Self(raw)
            }
            fn raw(self) -> u32 {
                self.0
            }
        }
    };
}

handle!(
    /// Where an agent is.
    AgentIx
);
handle!(
    /// Where a department is.
    DepartmentIx
);
handle!(
    /// Where a conversation is.
    ConversationIx
);
handle!(
    /// Which set of skills; see `skills`.
    SkillSetIx
);

/// Entities of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Slab<H, T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
    handles: PhantomData<H>,
}

impl<H, T> Default for Slab<H, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), handles: PhantomData }
    }
}

impl<H: Handle, T> Slab<H, T> {
    pub(crate) fn insert(&mut self, value: T) -> H {
        if let Some(raw) = self.free.pop() {
            self.entries[raw as usize] = Some(value);
            return H::from_raw(raw);
        }
        let Ok(raw) = u32::try_from(self.entries.len()) else { panic!("more than 2^32 entries") };
        self.entries.push(Some(value));
        H::from_raw(raw)
    }

    /// Takes an entity out; its place is used again.
    pub(crate) fn remove(&mut self, handle: H) -> T {
        let Some(value) = self.entries[handle.raw() as usize].take() else {
            panic!("stale handle")
        };
        self.free.push(handle.raw());
        value
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (H, &T)> {
        self.entries.iter().zip(0u32..).filter_map(|(e, raw)| Some((H::from_raw(raw), e.as_ref()?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }
}

impl<H: Handle, T> ops::Index<H> for Slab<H, T> {
    type Output = T;

    fn index(&self, handle: H) -> &T {
        match &self.entries[handle.raw() as usize] {
            Some(value) => value,
            None => panic!("stale handle"),
        }
    }
}

impl<H: Handle, T> ops::IndexMut<H> for Slab<H, T> {
    fn index_mut(&mut self, handle: H) -> &mut T {
        match &mut self.entries[handle.raw() as usize] {
            Some(value) => value,
            None => panic!("stale handle"),
        }
    }
}
