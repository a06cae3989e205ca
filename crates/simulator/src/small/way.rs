//! The states that were reached, each by the shortest way to it, and walking such a way again.
//!
//! A state is kept as its key, the state that it was reached from and what was done there: five
//! bytes and a place in a table, where the state itself takes thousands. It is made again when its
//! turn comes, from the nearest state on the way that the walker still has: those that are looked
//! at one after the other have most of their way in common.

use std::collections::HashMap;

use super::{
    Deed, Setting,
    world::{Log, World},
};
use crate::checks::Violation;

/// No more states are kept than these: some 2 GB.
pub(super) const MOST_STATES: usize = 50_000_000;

/// See the module. A state is known by its number, in the order of being reached.
#[derive(Debug, Default)]
pub(super) struct Ways {
    from: Vec<u32>,
    deeds: Vec<u8>,
    /// Asked with a key, never walked: its order is nobody's.
    known: HashMap<u64, u32>,
}

impl Ways {
    pub(super) fn count(&self) -> usize {
        self.from.len()
    }

    /// Adds a state, reached from another by the deed of this number; where its key is known, the
    /// one that has it is given back.
    pub(super) fn add(&mut self, key: u64, from: usize, deed: usize) -> Option<usize> {
        let number = self.from.len() as u32;
        let known = *self.known.entry(key).or_insert(number);
        if known != number {
            return Some(known as usize);
        }
        // Bounded by MOST_STATES, and by how many deeds a setting lists.
        self.from.push(from as u32);
        self.deeds.push(deed as u8);
        None
    }

    /// The states on the way to one, from the beginning.
    fn to(&self, mut state: usize) -> Vec<usize> {
        let mut way = vec![state];
        while state != 0 {
            state = self.from.get(state).map_or(0, |from| *from as usize);
            way.push(state);
        }
        way.reverse();
        way
    }

    /// What is done on the way to a state.
    pub(super) fn deeds(&self, setting: &Setting, state: usize) -> Vec<Deed> {
        let deed = |state: &usize| {
            let number = self.deeds.get(*state)?;
            setting.deeds.get(*number as usize).copied()
        };
        self.to(state).iter().skip(1).filter_map(deed).collect()
    }
}

/// Somebody who walks those ways.
#[derive(Debug)]
pub(super) struct Walker {
    /// The states on the way to where it is, with how long the log was there.
    stack: Vec<(usize, World, usize)>,
    pub(super) log: Log,
}

impl Walker {
    /// At the beginning.
    pub(super) fn new(setting: &Setting, oracle: bool) -> Result<Self, Violation> {
        let mut log = Log::default();
        let world = World::new(setting, oracle, &mut log)?;
        let len = log.len();
        Ok(Self { stack: vec![(0, world, len)], log })
    }

    /// Goes to a state, which is given back with the log that led there.
    pub(super) fn go(
        &mut self,
        setting: &Setting,
        ways: &Ways,
        state: usize,
    ) -> Result<World, Violation> {
        let way = ways.to(state);
        let common = self.stack.iter().zip(&way).take_while(|((at, ..), to)| at == *to).count();
        self.stack.truncate(common.max(1));
        for to in way.into_iter().skip(self.stack.len()) {
            let deed = ways.deeds.get(to).and_then(|n| setting.deeds.get(*n as usize));
            let Some((from, len)) = self.stack.last().map(|(_, world, len)| (world, *len)) else {
                break;
            };
            self.log.truncate(len);
            let next = match deed {
                Some(deed) => from.after(setting, *deed, &mut self.log)?,
                None => None,
            };
            let Some((next, _)) = next else { break };
            self.stack.push((to, next, self.log.len()));
        }
        let (_, world, len) = self.stack.last().ok_or_else(lost)?;
        self.log.truncate(*len);
        Ok(world.clone())
    }
}

/// The beginning is never left behind.
fn lost() -> Violation {
    Violation { check: "ways lead back", what: "there is no beginning".into(), position: 0 }
}
