//! The naive workspace: who may take what, and whom the strategy takes.

use std::cmp::Ordering;

use switchboard_routing::{
    AssignmentCause, Candidate, CandidateReason, Decision, Ineligible, Need, Refusal, Strategy,
    Timestamp, WaitsFor,
};

use super::{Model, ModelAgent, ModelConversation};

/// What is not held against an agent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Aside {
    pub(crate) capacity: bool,
    pub(crate) cooling: bool,
    /// What it carries for this very conversation already: that takes no further room.
    pub(crate) own: bool,
}

impl Model {
    /// What bars an agent from taking a conversation in the department that it is in.
    pub(crate) fn bars(
        &self,
        agent: &ModelAgent,
        c: &ModelConversation,
        aside: Aside,
    ) -> Option<Refusal> {
        let room = &self.departments[c.department];
        let mut besides = self.burdens(&agent.id);
        besides.retain(|(id, _)| *id != c.id || !aside.own);
        let here = besides.iter().filter(|(_, of)| *of == c.department).count();
        let full = besides.len() >= agent.capacity as usize
            || room.policy.agent_capacity.is_some_and(|most| here >= most as usize);
        if agent.removed || room.deleted || !self.is_member(&agent.id, c.department) {
            Some(Refusal::NotEligible(Ineligible::NotAMember))
        } else if !agent.online {
            Some(Refusal::NotEligible(Ineligible::Away))
        } else if !self.is_present(&agent.id) {
            Some(Refusal::NotEligible(Ineligible::Absent))
        } else if !room.open {
            Some(Refusal::NotEligible(Ineligible::DepartmentClosed))
        } else if full && !aside.capacity {
            Some(Refusal::AtCapacity)
        } else if !c.skills.iter().all(|skill| agent.skills.contains(skill)) {
            Some(Refusal::NotEligible(Ineligible::MissingSkill))
        } else if !aside.cooling && c.cooling.iter().any(|cool| cool.agent == agent.id) {
            Some(Refusal::NotEligible(Ineligible::CoolingDown))
        } else {
            None
        }
    }

    /// The places of those who are eligible, in the order in which the strategy takes them.
    pub(crate) fn ranked(&self, c: &ModelConversation) -> Vec<usize> {
        let eligible = |at: &usize| self.bars(&self.agents[*at], c, Aside::default()).is_none();
        let mut eligible: Vec<_> = (0..self.agents.len()).filter(eligible).collect();
        let strategy = self.departments[c.department].policy.strategy;
        eligible.sort_by(|a, b| {
            let (a, b) = (&self.agents[*a], &self.agents[*b]);
            let asleep = |agent: &ModelAgent| !self.is_awake(&agent.id);
            let by_strategy = match strategy {
                Strategy::LeastBusy => {
                    self.busier(a, b).then(a.last_assigned.cmp(&b.last_assigned))
                }
                Strategy::RoundRobin => {
                    self.turns_until(a, c.department).cmp(&self.turns_until(b, c.department))
                }
                Strategy::LongestIdle => a.last_active.cmp(&b.last_active),
            };
            asleep(a).cmp(&asleep(b)).then(by_strategy).then(a.id.cmp(&b.id))
        });
        eligible
    }

    fn busier(&self, a: &ModelAgent, b: &ModelAgent) -> Ordering {
        let a_share = self.load(&a.id) as u64 * u64::from(b.capacity);
        let b_share = self.load(&b.id) as u64 * u64::from(a.capacity);
        a_share.cmp(&b_share)
    }

    /// How many come before an agent, from the one after the last assigned, once around.
    fn turns_until(&self, agent: &ModelAgent, department: usize) -> usize {
        let department = &self.departments[department];
        let everybody = department.joined.len();
        let joined = department.joined.iter().position(|a| a.as_deref() == Some(&agent.id));
        let Some(place) = joined else { return everybody };
        let first = department.last.map_or(0, |last| last + 1);
        (place + everybody - first % everybody) % everybody
    }

    /// What a decision makes of an agent whom it does not choose.
    fn reason(&self, agent: &ModelAgent, c: &ModelConversation) -> CandidateReason {
        let room = &self.departments[c.department];
        let most = room.policy.agent_capacity;
        let cooling = c.cooling.iter().find(|cool| cool.agent == agent.id);
        if !agent.online {
            CandidateReason::Away
        } else if !self.is_present(&agent.id) {
            CandidateReason::Absent
        } else if cooling.is_some_and(|cooling| cooling.gave_it) {
            CandidateReason::Giver
        } else if self.load(&agent.id) >= agent.capacity as usize {
            CandidateReason::AtCapacity
        } else if most.is_some_and(|most| self.load_in(&agent.id, c.department) >= most as usize) {
            CandidateReason::AtDepartmentCapacity
        } else if !room.open {
            CandidateReason::DepartmentClosed
        } else if !c.skills.iter().all(|skill| agent.skills.contains(skill)) {
            CandidateReason::MissingSkill
        } else if cooling.is_some() {
            CandidateReason::CoolingDown
        } else if self.is_awake(&agent.id) {
            CandidateReason::RankedLower
        } else {
            CandidateReason::Held
        }
    }

    /// Who or what a conversation waits for: every member with the skills, and what it would have
    /// to do first.
    pub(crate) fn waits_for(&self, c: &ModelConversation) -> Vec<WaitsFor> {
        if let Some(offer) = &c.offer {
            return vec![WaitsFor::Agent(offer.agent.as_str().into(), Need::Answer)];
        }
        if c.holder.is_some() {
            return Vec::new();
        }
        let room = &self.departments[c.department];
        let members: Vec<_> = room.joined.iter().flatten().collect();
        if members.is_empty() {
            return vec![WaitsFor::Members];
        }
        let mut waits = Vec::new();
        if !room.open {
            waits.push(WaitsFor::Opening);
        }
        let mut somebody = false;
        for id in members {
            let Ok(at) = self.agent(id) else { continue };
            let agent = &self.agents[at];
            if !c.skills.iter().all(|skill| agent.skills.contains(skill)) {
                continue;
            }
            somebody = true;
            let cooling = c.cooling.iter().find(|cool| cool.agent == *id);
            let most = room.policy.agent_capacity;
            let at_all = self.load(id) >= agent.capacity as usize;
            let full =
                at_all || most.is_some_and(|most| self.load_in(id, c.department) >= most as usize);
            let need = match self.reason(agent, c) {
                CandidateReason::Away => Need::ComeOnline,
                CandidateReason::Absent => Need::ComeBack,
                _ if full => self.room_for(agent, (!at_all).then_some(c.department)),
                _ => match cooling {
                    Some(cooling) => Need::CoolDown(Timestamp(cooling.until)),
                    None => continue,
                },
            };
            waits.push(WaitsFor::Agent(id.as_str().into(), need));
        }
        if !somebody {
            waits.push(WaitsFor::Skills(c.skills.clone()));
        }
        waits
    }

    /// How a full agent comes by room, in all or in one department.
    fn room_for(&self, agent: &ModelAgent, of: Option<usize>) -> Need {
        let rests = self.wrap_ups.iter().filter(|w| w.agent == agent.id);
        let rests = rests.filter(|w| of.is_none_or(|of| of == w.department));
        let load = of.map_or(self.load(&agent.id), |of| self.load_in(&agent.id, of));
        match (rests.map(|w| w.until).min(), load) {
            (Some(until), _) => Need::Rest(Timestamp(until)),
            (None, 0) => Need::HaveRoom,
            (None, _) => Need::Close,
        }
    }

    /// A decision, with what it makes of every member.
    pub(crate) fn decision(
        &self,
        c: &ModelConversation,
        chosen: Option<usize>,
        cause: AssignmentCause,
    ) -> Decision {
        let room = &self.departments[c.department];
        let mut ranked = self.ranked(c);
        if let Some(place) = ranked.iter().position(|at| Some(*at) == chosen) {
            // By the strategy or because somebody says so: it comes first.
            let first = ranked.remove(place);
            ranked.insert(0, first);
        }
        let members = room.joined.iter().flatten().filter_map(|id| {
            let at = self.agent(id).ok()?;
            let place = ranked.iter().position(|other| *other == at);
            Some(Candidate {
                agent_id: id.as_str().into(),
                load: self.load(id) as u32,
                capacity: self.agents[at].capacity,
                rank: place.map(|place| place as u32 + 1),
                reason: match chosen == Some(at) {
                    true => CandidateReason::Chosen,
                    false => self.reason(&self.agents[at], c),
                },
            })
        });
        Decision {
            conversation_id: c.id.as_str().into(),
            department_id: room.id.as_str().into(),
            position: 0,
            at: Timestamp(self.clock),
            cause,
            strategy: room.policy.strategy,
            chosen: chosen.map(|at| self.agents[at].id.as_str().into()),
            candidates: members.collect(),
            left_out: Default::default(),
        }
    }
}
