//! Why routing decides as it does, captured while it does. Bounded: fifty members are named, the
//! others are counted from numbers that are kept along, so a department of a hundred thousand
//! costs what one of a hundred does.

use std::collections::BTreeMap;

use crate::{
    AssignmentCause, Candidate, CandidateReason, ConversationId, Decision, Department,
    NAMED_CANDIDATES, Timestamp, Workspace,
    agent::Standing,
    skills::Asked,
    slab::{AgentIx, DepartmentIx},
    workspace::EXPLAINED,
};

use super::{eligible::Subject, routing};

/// How many members are looked at in search of those to be named.
const LOOKED_AT: usize = 2 * NAMED_CANDIDATES;

/// The members of a department as a decision finds them. Nothing where the workspace does not
/// explain itself.
pub(super) fn capture(
    workspace: &Workspace,
    department: DepartmentIx,
    id: &ConversationId,
    subject: Subject<'_>,
    chosen: Option<AgentIx>,
    cause: AssignmentCause,
) -> Option<Decision> {
    if !workspace.explains || workspace.explained >= EXPLAINED {
        return None;
    }
    let room = &workspace.departments[department];
    let mut view = View {
        workspace,
        room,
        subject,
        chosen,
        ranked: 0,
        candidates: Vec::with_capacity(room.members.len().min(NAMED_CANDIDATES)),
        named: [0; REASONS],
    };
    view.name(department);
    Some(Decision {
        conversation_id: id.clone(),
        department_id: room.id.clone(),
        // Both are known when it is carried out.
        position: 0,
        at: Timestamp::default(),
        cause,
        strategy: room.policy.strategy,
        chosen: chosen.map(|ix| workspace.agents[ix].id.clone()),
        left_out: view.left_out(department),
        candidates: view.candidates,
    })
}

/// The decision about somebody who came to wait in this step, and still does.
pub(crate) fn unplaced(workspace: &Workspace, id: &ConversationId) -> Option<Decision> {
    let active = workspace.active(id)?;
    if active.conversation.state != crate::State::Queued {
        return None;
    }
    let subject = Subject { asked: Asked::Known(active.skill_set), cooling: &active.cooling };
    let cause = active.conversation.next_cause;
    capture(workspace, active.department, id, subject, None, cause)
}

/// One more than the last of the reasons.
const REASONS: usize = CandidateReason::CoolingDown as usize + 1;

struct View<'a> {
    workspace: &'a Workspace,
    room: &'a Department,
    subject: Subject<'a>,
    chosen: Option<AgentIx>,
    ranked: u32,
    candidates: Vec<Candidate>,
    /// How many of those named are so, the chosen one by what it was before.
    named: [u32; REASONS],
}

impl View<'_> {
    fn name(&mut self, department: DepartmentIx) {
        let (room, skills) = (self.room, &self.workspace.skills);
        let (turn, asked) = (routing::turn(room), self.subject.asked);
        // Who was chosen comes first, by the strategy or because somebody or something said so.
        if let Some((ix, standing)) = self.chosen_standing(department) {
            self.add(ix, standing);
        }
        for ix in room.ready.first(turn, asked, skills, NAMED_CANDIDATES) {
            self.add_other(ix, Standing::Ready);
        }
        let rest = NAMED_CANDIDATES - self.candidates.len();
        for ix in room.asleep.first(turn, asked, skills, rest) {
            self.add_other(ix, Standing::Asleep);
        }
        for ix in room.members.values().take(LOOKED_AT) {
            let agent = &self.workspace.agents[*ix];
            let Some(membership) = agent.memberships.get(&department) else { continue };
            // Whoever has room and the skills stands in the order above.
            let named = membership.rank.is_some() && self.covers(agent.skill_set);
            if let Some(standing) = membership.standing.filter(|_| !named) {
                self.add_other(*ix, standing);
            }
        }
    }

    /// The chosen one, where it is a member, and how it stands.
    fn chosen_standing(&self, department: DepartmentIx) -> Option<(AgentIx, Standing)> {
        let ix = self.chosen?;
        let membership = self.workspace.agents[ix].memberships.get(&department)?;
        Some((ix, membership.standing?))
    }

    fn add_other(&mut self, ix: AgentIx, standing: Standing) {
        if self.chosen != Some(ix) && self.candidates.len() < NAMED_CANDIDATES {
            self.add(ix, standing);
        }
    }

    fn add(&mut self, ix: AgentIx, standing: Standing) {
        let agent = &self.workspace.agents[ix];
        let natural = self.reason(ix, standing);
        let eligible = matches!(natural, CandidateReason::RankedLower | CandidateReason::Held);
        self.ranked += u32::from(eligible);
        let reason = match self.chosen == Some(ix) {
            true => CandidateReason::Chosen,
            false => natural,
        };
        if let Some(count) = self.named.get_mut(natural as usize) {
            *count += 1;
        }
        self.candidates.push(Candidate {
            agent_id: agent.id.clone(),
            load: agent.load(),
            capacity: agent.capacity,
            rank: eligible.then_some(self.ranked),
            reason,
        });
    }

    fn reason(&self, ix: AgentIx, standing: Standing) -> CandidateReason {
        let skill_set = self.workspace.agents[ix].skill_set;
        let cooling = self.subject.cools(ix);
        match standing {
            Standing::Away => CandidateReason::Away,
            Standing::Absent => CandidateReason::Absent,
            // What it gives away may be the very thing that fills it.
            _ if cooling.is_some_and(|cooling| cooling.giver) => CandidateReason::Giver,
            Standing::AtCapacity => CandidateReason::AtCapacity,
            Standing::AtDepartmentCapacity => CandidateReason::AtDepartmentCapacity,
            Standing::Ready | Standing::Asleep if !self.room.open => {
                CandidateReason::DepartmentClosed
            }
            Standing::Ready | Standing::Asleep if !self.covers(skill_set) => {
                CandidateReason::MissingSkill
            }
            Standing::Ready | Standing::Asleep if cooling.is_some() => CandidateReason::CoolingDown,
            Standing::Asleep => CandidateReason::Held,
            Standing::Ready => CandidateReason::RankedLower,
        }
    }

    fn covers(&self, had: crate::slab::SkillSetIx) -> bool {
        self.subject.asked.is_nothing() || self.workspace.skills.covers(had, self.subject.asked)
    }

    /// Everybody who is not named, by reason.
    fn left_out(&self, department: DepartmentIx) -> BTreeMap<CandidateReason, u32> {
        let mut left_out = BTreeMap::new();
        if self.room.members.len() == self.candidates.len() {
            return left_out;
        }
        for (reason, all) in self.totals(department) {
            let named = self.named.get(reason as usize).copied().unwrap_or(0);
            if all > named {
                left_out.insert(reason, all - named);
            }
        }
        left_out
    }

    /// How many members there are of each reason, the chosen one by what it was before.
    fn totals(&self, department: DepartmentIx) -> [(CandidateReason, u32); 10] {
        use CandidateReason::{
            Absent, AtCapacity, AtDepartmentCapacity, Away, CoolingDown, DepartmentClosed, Giver,
            Held, MissingSkill, RankedLower,
        };
        let (room, skills) = (self.room, &self.workspace.skills);
        let mut stand = room.standings;
        let (mut givers, mut cooling) = (0, 0);
        let (mut awake, mut asleep) = (0, 0);
        if room.open {
            awake = room.ready.count(self.subject.asked, skills) as u32;
            asleep = room.asleep.count(self.subject.asked, skills) as u32;
        }
        let pickable = room.standing(Standing::Ready) + room.standing(Standing::Asleep);
        let mut closed = if room.open { 0 } else { pickable };
        let mut missing = pickable - closed - awake - asleep;
        for cool in self.subject.cooling {
            let agent = &self.workspace.agents[cool.agent];
            let membership = agent.memberships.get(&department);
            let Some(standing) = membership.and_then(|m| m.standing) else { continue };
            match self.reason(cool.agent, standing) {
                Giver => givers += 1,
                CoolingDown => cooling += 1,
                _ => continue,
            }
            // It is counted there, and nowhere else.
            match standing {
                Standing::Ready | Standing::Asleep if !room.open => closed -= 1,
                Standing::Ready | Standing::Asleep if !self.covers(agent.skill_set) => missing -= 1,
                Standing::Asleep => asleep -= 1,
                Standing::Ready => awake -= 1,
                other => {
                    if let Some(count) = stand.get_mut(other as usize) {
                        *count -= 1;
                    }
                }
            }
        }
        let standing = |standing: Standing| stand.get(standing as usize).copied().unwrap_or(0);
        [
            (Away, standing(Standing::Away)),
            (Absent, standing(Standing::Absent)),
            (AtCapacity, standing(Standing::AtCapacity)),
            (AtDepartmentCapacity, standing(Standing::AtDepartmentCapacity)),
            (DepartmentClosed, closed),
            (MissingSkill, missing),
            (Giver, givers),
            (CoolingDown, cooling),
            (Held, asleep),
            (RankedLower, awake),
        ]
    }
}
