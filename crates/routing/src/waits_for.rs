//! What a conversation that waits, waits for: who would have to do what.

use std::collections::BTreeMap;

use crate::{
    Conversation, NAMED_CANDIDATES, Need, Timestamp, WaitsFor, Workspace,
    agent::Standing,
    conversation::Active,
    skills::Asked,
    slab::{AgentIx, DepartmentIx},
};

impl Workspace {
    /// What a conversation that waits, waits for; nothing for one that does not wait. At most so
    /// many agents are named as a decision names; the others are counted.
    pub fn waits_for(&self, conversation: &Conversation) -> Vec<WaitsFor> {
        let Some(active) = self.active(&conversation.id).filter(|a| a.conversation.is_waiting())
        else {
            return Vec::new();
        };
        if let Some(offer) = &active.conversation.offer {
            return vec![WaitsFor::Agent(offer.agent_id.clone(), Need::Answer)];
        }
        let room = &self.departments[active.department];
        if room.members.is_empty() {
            return vec![WaitsFor::Members];
        }
        let mut waits = Vec::new();
        if !room.open {
            waits.push(WaitsFor::Opening);
        }
        let skilled = |ix: &&AgentIx| {
            let asked = Asked::Known(active.skill_set);
            asked.is_nothing() || self.skills.covers(self.agents[**ix].skill_set, asked)
        };
        let mut others: BTreeMap<Need, u32> = BTreeMap::new();
        let mut somebody = false;
        for ix in room.members.values().filter(skilled) {
            somebody = true;
            let Some(need) = self.need(*ix, active) else { continue };
            if waits.len() < NAMED_CANDIDATES {
                waits.push(WaitsFor::Agent(self.agents[*ix].id.clone(), need));
            } else {
                // Counted together, whenever each of them is.
                let need = match need {
                    Need::CoolDown(_) => Need::CoolDown(Timestamp::default()),
                    Need::Rest(_) => Need::Rest(Timestamp::default()),
                    other => other,
                };
                *others.entry(need).or_default() += 1;
            }
        }
        if !somebody {
            waits.push(WaitsFor::Skills(active.conversation.skills.clone()));
        }
        waits.extend(others.into_iter().map(|(need, count)| WaitsFor::Others(need, count)));
        waits
    }

    /// What an agent who has the skills would have to do first.
    fn need(&self, ix: AgentIx, active: &Active) -> Option<Need> {
        let department: DepartmentIx = active.department;
        let most = self.departments[department].policy.agent_capacity;
        match self.agents[ix].standing(department, most) {
            Standing::Away => Some(Need::ComeOnline),
            Standing::Absent => Some(Need::ComeBack),
            Standing::AtCapacity => Some(self.room_for(ix, None)),
            Standing::AtDepartmentCapacity => Some(self.room_for(ix, Some(department))),
            Standing::Ready | Standing::Asleep => {
                let cooling = active.cooling.iter().find(|cooling| cooling.agent == ix)?;
                Some(Need::CoolDown(cooling.until))
            }
        }
    }

    /// How an agent who is full comes by room, in all or in one department: by itself where
    /// something it closed counts no longer soon, else by closing, if there is anything to close.
    fn room_for(&self, ix: AgentIx, of: Option<DepartmentIx>) -> Need {
        let agent = &self.agents[ix];
        let concerns = |department: DepartmentIx| of.is_none_or(|of| of == department);
        let rests = agent.wrapping.values().filter(|(department, _)| concerns(*department));
        if let Some(until) = rests.map(|(_, until)| *until).min() {
            return Need::Rest(until);
        }
        let load = of.map_or(agent.load(), |of| agent.load_in(of));
        if load == 0 { Need::HaveRoom } else { Need::Close }
    }
}
