//! Sets of skills, interned, so that "has all the skills asked for" is asked once for each pair
//! of sets and not once for each agent.

use std::collections::BTreeMap;

use crate::slab::{Handle, SkillSetIx, Slab};

/// Every set of skills that an agent has or a conversation asked for.
#[derive(Clone, Debug)]
pub(crate) struct Skills {
    sets: Slab<SkillSetIx, Vec<String>>,
    handles: BTreeMap<Vec<String>, SkillSetIx>,
}

impl Skills {
    /// The empty set: asked for by most conversations, had by everyone.
    pub(crate) fn none() -> SkillSetIx {
        SkillSetIx::from_raw(0)
    }

    /// The handle of a set, which is sorted and freed of repeats first.
    pub(crate) fn intern(&mut self, skills: &[String]) -> SkillSetIx {
        let set = normalised(skills);
        if let Some(handle) = self.handles.get(&set) {
            return *handle;
        }
        let handle = self.sets.insert(set.clone());
        self.handles.insert(set, handle);
        handle
    }

    /// Whether an agent with the set `had` has all that is asked for.
    pub(crate) fn covers(&self, had: SkillSetIx, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Known(asked) => had == asked || is_subset(&self.sets[asked], &self.sets[had]),
            Asked::Listed(skills) => is_subset(skills, &self.sets[had]),
        }
    }
}

/// What a conversation asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// A set that has a handle.
    Known(SkillSetIx),
    /// In whatever order, with repeats: of a conversation that is not in the workspace yet.
    Listed(&'a [String]),
}

impl Asked<'_> {
    pub(crate) fn is_nothing(self) -> bool {
        match self {
            Self::Known(asked) => asked == Skills::none(),
            Self::Listed(skills) => skills.is_empty(),
        }
    }
}

impl Default for Skills {
    fn default() -> Self {
        let mut skills = Self { sets: Slab::default(), handles: BTreeMap::new() };
        skills.intern(&[]);
        skills
    }
}

fn normalised(skills: &[String]) -> Vec<String> {
    let mut set = skills.to_vec();
    set.sort_unstable();
    set.dedup();
    set
}

/// The whole is sorted.
fn is_subset(part: &[String], whole: &[String]) -> bool {
    part.iter().all(|skill| whole.binary_search(skill).is_ok())
}
