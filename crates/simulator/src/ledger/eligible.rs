//! Who may take what (contract, section 5), read off the ledger.

use super::Ledger;

/// What is not held against an agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aside {
    /// Room: an admin insisted.
    pub capacity: bool,
    /// Cooling down: it asks for it itself, or was asked before.
    pub cooling: bool,
}

/// What bars an agent from a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It is not, or no longer, an agent.
    Removed,
    /// It says it is away.
    Away,
    /// It has no session that is live or held.
    Absent,
    /// It is no member.
    NotAMember,
    /// The department is closed, or deleted.
    Closed,
    /// It has as much as it may.
    AtCapacity,
    /// It has as much of this department as it may.
    AtDepartmentCapacity,
    /// It has not all the skills.
    MissingSkill,
    /// It declined, missed or gave it away just now.
    CoolingDown,
}

impl Ledger {
    /// What bars an agent from taking a conversation in its department; nothing: it is eligible.
    pub fn bar(&self, agent: usize, conversation: usize, aside: Aside) -> Option<Bar> {
        let c = self.conversation(conversation)?;
        let (Some(who), Some(room)) = (self.agents.get(agent), self.departments.get(c.department))
        else {
            return Some(Bar::Removed);
        };
        if !who.is_active() {
            return Some(Bar::Removed);
        }
        if !who.online {
            return Some(Bar::Away);
        }
        if !who.is_present() {
            return Some(Bar::Absent);
        }
        if !room.exists || !room.open {
            return Some(Bar::Closed);
        }
        if !who.is_member(c.department) {
            return Some(Bar::NotAMember);
        }
        // What is its own already takes no further room.
        let own = c.agent == Some(agent) || c.offer.is_some_and(|offer| offer.agent == agent);
        let own = u32::from(own);
        if !aside.capacity {
            if who.load.saturating_sub(own) >= who.capacity {
                return Some(Bar::AtCapacity);
            }
            let here = who.load_in.get(c.department).copied().unwrap_or(0);
            let most = room.policy.agent_capacity;
            if most.is_some_and(|most| here.saturating_sub(own) >= most) {
                return Some(Bar::AtDepartmentCapacity);
            }
        }
        if who.skills & c.skills != c.skills {
            return Some(Bar::MissingSkill);
        }
        if !aside.cooling && c.cools(agent) {
            return Some(Bar::CoolingDown);
        }
        None
    }

    /// The members of a department who could take anything in it, skills and pauses aside.
    pub fn free_in(&self, department: usize) -> u64 {
        let Some(room) = self.departments.get(department).filter(|d| d.exists && d.open) else {
            return 0;
        };
        let most = room.policy.agent_capacity.unwrap_or(u32::MAX);
        let mut free = 0;
        for number in room.members() {
            let Some(who) = self.agents.get(number) else { continue };
            let here = who.load_in.get(department).copied().unwrap_or(0);
            if who.load < who.capacity && here < most && who.is_reachable() {
                free |= 1 << number;
            }
        }
        free
    }

    /// Of these agents, those with the skills that a conversation asks for who do not pause.
    pub fn able(&self, free: u64, conversation: usize) -> u64 {
        let Some(c) = self.conversations.get(conversation) else { return 0 };
        let mut able = free;
        for (number, _) in &c.cooling {
            able &= !(1 << number);
        }
        if c.skills == 0 {
            return able;
        }
        let mut rest = able;
        while rest != 0 {
            let number = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let has = self.agents.get(number).is_some_and(|a| a.skills & c.skills == c.skills);
            if !has {
                able &= !(1 << number);
            }
        }
        able
    }
}
