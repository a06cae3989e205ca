//! Sets of skills, interned, so that "has all the skills asked for" is asked once for each pair
//! of sets and not once for each agent.

use std::collections::BTreeMap;

use crate::slab::{Handle, SkillSetIx, Slab};

/// Every set of skills that an agent has or a conversation asks for, as long as one does.
#[derive(Clone, Debug)]
pub(crate) struct Skills {
    sets: Slab<SkillSetIx, Set>,
    handles: BTreeMap<Vec<String>, SkillSetIx>,
}

#[derive(Clone, Debug)]
struct Set {
    skills: Vec<String>,
    /// How many agents and conversations hold its handle.
    holders: u32,
}

impl Skills {
    /// The empty set: asked for by most conversations, had by everyone.
    pub(crate) fn none() -> SkillSetIx {
        SkillSetIx::from_raw(0)
    }

    /// The handle of a set, which is sorted and freed of repeats first. Whoever holds it gives it
    /// back with [`Self::release`].
    pub(crate) fn hold(&mut self, skills: &[String]) -> SkillSetIx {
        let skills = normalised(skills);
        if let Some(handle) = self.handles.get(&skills) {
            self.sets[*handle].holders += 1;
            return *handle;
        }
        let handle = self.sets.insert(Set { skills: skills.clone(), holders: 1 });
        self.handles.insert(skills, handle);
        handle
    }

    /// One holder less; without any, the set is gone and its handle another's.
    pub(crate) fn release(&mut self, handle: SkillSetIx) {
        self.sets[handle].holders -= 1;
        if self.sets[handle].holders == 0 {
            let set = self.sets.remove(handle);
            self.handles.remove(&set.skills);
        }
    }

    /// Whether an agent with the set `had` has all that is asked for.
    pub(crate) fn covers(&self, had: SkillSetIx, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Known(asked) => had == asked || self.has_all(had, &self.sets[asked].skills),
            Asked::Listed(skills) => self.has_all(had, skills),
        }
    }

    fn has_all(&self, had: SkillSetIx, skills: &[String]) -> bool {
        // Sorted when it was made.
        let whole = &self.sets[had].skills;
        skills.iter().all(|skill| whole.binary_search(skill).is_ok())
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
        // Held by nobody in particular, so that its handle stays what it is.
        skills.hold(&[]);
        skills
    }
}

fn normalised(skills: &[String]) -> Vec<String> {
    let mut set = skills.to_vec();
    set.sort_unstable();
    set.dedup();
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgentId, Command, Input, OpenConversation, Origin, Role, Timestamp, Workspace};

    fn set(skills: &str) -> Vec<String> {
        skills.split(' ').filter(|skill| !skill.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_set_lasts_as_long_as_somebody_holds_it() {
        let mut skills = Skills::default();
        let first = skills.hold(&set("de fr"));
        assert_eq!(skills.hold(&set("fr de fr")), first);
        skills.release(first);
        assert_eq!(skills.hold(&set("de fr")), first);
        skills.release(first);
        skills.release(first);
        assert_eq!((skills.sets.len(), skills.handles.len()), (1, 1));
    }

    #[test]
    fn the_empty_set_is_there_for_good() {
        let mut skills = Skills::default();
        let none = skills.hold(&[]);
        assert_eq!(none, Skills::none());
        skills.release(none);
        assert_eq!(skills.hold(&[]), none);
    }

    #[test]
    fn whoever_has_more_covers_what_is_asked() {
        let mut skills = Skills::default();
        let (one, both) = (skills.hold(&set("fr")), skills.hold(&set("fr de")));
        assert!(skills.covers(both, Asked::Known(one)) && !skills.covers(one, Asked::Known(both)));
        assert!(skills.covers(both, Asked::Listed(&set("fr fr de"))));
        assert!(skills.covers(one, Asked::Known(Skills::none())));
    }

    fn open(number: u32, skills: &str) -> Command {
        Command::OpenConversation(OpenConversation {
            conversation_id: format!("c{number}").into(),
            visitor_id: "v".into(),
            department_id: None,
            priority: 0,
            skills: set(skills),
            key: None,
        })
    }

    #[test]
    fn a_workspace_keeps_only_the_sets_that_are_in_use() {
        let mut workspace = Workspace::new(1);
        let ask = |workspace: &mut Workspace, command| {
            let input = Input::new(Origin::ROOT, command);
            assert!(workspace.handle(Timestamp(1), input, &mut Vec::new()).is_ok());
        };
        let (department_id, name) = ("d".into(), "D".into());
        let policy = Box::default();
        ask(&mut workspace, Command::CreateDepartment { department_id, name, policy });
        let (role, department_ids) = (Role::Agent, vec!["d".into()]);
        let skills = set("fr");
        let ann = AgentId::from("ann");
        let add = Command::AddAgent {
            agent_id: ann.clone(),
            role,
            capacity: 1,
            skills,
            department_ids,
            invite_id: None,
        };
        ask(&mut workspace, add);
        for number in 0..10 {
            ask(&mut workspace, open(number, &format!("skill-{}", number / 2)));
        }
        assert_eq!(workspace.skills.sets.len(), 1 + 1 + 5);
        let mut again = Workspace::restore(&workspace.snapshot(), &[]);
        for workspace in [&mut workspace, &mut again] {
            let change = Command::UpdateAgent {
                agent_id: ann.clone(),
                role: None,
                capacity: None,
                skills: Some(set("de")),
                department_ids: None,
            };
            ask(workspace, change);
            assert_eq!(workspace.skills.sets.len(), 1 + 1 + 5, "another one in its place");
            ask(workspace, Command::RemoveAgent { agent_id: ann.clone() });
            for number in 0..10 {
                let conversation_id = format!("c{number}").into();
                ask(workspace, Command::CloseConversation { conversation_id });
            }
            assert_eq!(workspace.skills.sets.len(), 1);
            let again = Workspace::restore(&workspace.snapshot(), &[]);
            assert_eq!(again.skills.sets.len(), 1, "nobody is left who is skilled");
        }
    }
}
