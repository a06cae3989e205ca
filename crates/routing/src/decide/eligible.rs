//! Whether an agent may take a conversation: the one ladder that every way of giving asks.

use crate::{
    Ineligible, Refusal, Workspace,
    agent::Standing,
    conversation::Cooling,
    skills::Asked,
    slab::{AgentIx, DepartmentIx},
};

/// What somebody is to take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The skills that it asks for.
    pub(crate) asked: Asked<'a>,
    /// Who is not asked for it for a while.
    pub(crate) cooling: &'a [Cooling],
}

impl Subject<'_> {
    /// Whether an agent is not asked for it for a while.
    pub(crate) fn cools(&self, agent: AgentIx) -> Option<&Cooling> {
        let at = self.cooling.binary_search_by_key(&agent, |cooling| cooling.agent).ok()?;
        self.cooling.get(at)
    }
}

/// What is not held against an agent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Excuse {
    /// The conversation counts as this agent's already, in this department: held, offered or in
    /// wrap-up.
    pub(crate) counted_in: Option<DepartmentIx>,
    /// Capacity: an admin insists.
    pub(crate) capacity: bool,
    /// Cooling down: it asks for it itself.
    pub(crate) cooling: bool,
}

/// What bars an agent from taking something in a department: the first of the ladder; nothing
/// where it is eligible.
pub(crate) fn what_bars(
    workspace: &Workspace,
    agent: AgentIx,
    department: DepartmentIx,
    subject: Subject<'_>,
    excuse: Excuse,
) -> Option<Refusal> {
    let (who, room) = (&workspace.agents[agent], &workspace.departments[department]);
    let why = |why| Some(Refusal::NotEligible(why));
    let is_member = || who.memberships.contains_key(&department) || planted!(AsksStrangers);
    if room.deleted || !is_member() {
        return why(Ineligible::NotAMember);
    }
    match who.standing(department, None) {
        Standing::Away => return why(Ineligible::Away),
        Standing::Absent => return why(Ineligible::Absent),
        _ => {}
    }
    if !room.open {
        return why(Ineligible::DepartmentClosed);
    }
    let load = who.load() - u32::from(excuse.counted_in.is_some());
    let here = who.load_in(department) - u32::from(excuse.counted_in == Some(department));
    let full = load >= who.capacity || room.policy.agent_capacity.is_some_and(|most| here >= most);
    if full && !excuse.capacity {
        return Some(Refusal::AtCapacity);
    }
    if !subject.asked.is_nothing() && !workspace.skills.covers(who.skill_set, subject.asked) {
        return why(Ineligible::MissingSkill);
    }
    if subject.cools(agent).is_some() && !excuse.cooling {
        return why(Ineligible::CoolingDown);
    }
    None
}
