//! Who takes what: the only place where an agent is chosen.

use crate::{
    AssignmentCause, ConversationId, Decision, DepartmentId, Event, OnUnstaffed, Origin, Refusal,
    RejectedReason, Strategy, Timestamp, VisitorId, Workspace,
    conversation::Active,
    queue::QueueKey,
    skills::Asked,
    slab::{AgentIx, ConversationIx, DepartmentIx},
};

use super::{
    Plan,
    eligible::{Excuse, Subject, what_bars},
    explain, offer,
};

/// Somebody who arrives in a department.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) id: &'a ConversationId,
    pub(super) subject: Subject<'a>,
    /// What an assignment that comes of it is called.
    pub(super) cause: AssignmentCause,
    /// The queue that it stands in already, and does not make longer.
    pub(super) waits_in: Option<DepartmentIx>,
    pub(super) prefer: Prefer<'a>,
}

/// Who is taken before the strategy is asked, if eligible.
#[derive(Clone, Copy)]
pub(super) enum Prefer<'a> {
    Nobody,
    /// Who held it last. What it still counts there as wrap-up is over with the reopening.
    Holder(AgentIx, Option<DepartmentIx>),
    /// Who had this visitor's last conversation with the department.
    LastOf(&'a VisitorId),
}

/// Where a conversation goes at its arrival.
pub(super) struct Route {
    /// The department that has it: the one asked for, or a fallback.
    pub(super) department: DepartmentIx,
    /// The departments before that one.
    pub(super) passed: Vec<DepartmentIx>,
    outcome: Outcome,
    cause: AssignmentCause,
    decisions: Vec<Decision>,
}

enum Outcome {
    /// It is this agent's, or offered to it for so long.
    Taken(AgentIx, Option<u64>),
    Queued,
    Rejected(RejectedReason),
}

impl Route {
    /// The refusal with which something is not done that may not end in a rejection.
    pub(super) fn would_refuse(&self) -> Option<Refusal> {
        match self.outcome {
            Outcome::Rejected(RejectedReason::QueueFull) => Some(Refusal::QueueFull),
            Outcome::Rejected(_) => Some(Refusal::NoAgentsOnline),
            Outcome::Taken(..) | Outcome::Queued => None,
        }
    }

    /// The ids of the departments before the last.
    pub(super) fn passed_ids(&self, workspace: &Workspace) -> Vec<DepartmentId> {
        self.passed.iter().map(|ix| workspace.departments[*ix].id.clone()).collect()
    }

    /// What happens to a conversation that was opened or reopened just before.
    pub(super) fn settle(self, workspace: &Workspace, id: &ConversationId, plan: &mut Plan) {
        let department_id = workspace.departments[self.department].id.clone();
        let event = match self.outcome {
            Outcome::Taken(agent, timeout) => {
                taken(workspace, id, self.department, agent, self.cause, timeout, plan.now)
            }
            Outcome::Queued => {
                Event::ConversationQueued { conversation_id: id.clone(), department_id }
            }
            Outcome::Rejected(reason) => {
                let conversation_id = id.clone();
                Event::ConversationRejected { conversation_id, department_id, reason }
            }
        };
        plan.push_decided(Origin::ENGINE, event, self.decisions);
    }

    /// What happens to a conversation that is handed on: by itself that makes it wait.
    pub(super) fn transfer(
        self,
        workspace: &Workspace,
        transferred: Event,
        origin: Origin,
        plan: &mut Plan,
    ) {
        let Event::ConversationTransferred { conversation_id, .. } = &transferred else { return };
        let taken = match self.outcome {
            Outcome::Taken(agent, timeout) => Some(taken(
                workspace,
                conversation_id,
                self.department,
                agent,
                self.cause,
                timeout,
                plan.now,
            )),
            Outcome::Queued | Outcome::Rejected(_) => None,
        };
        match taken {
            Some(taken) => {
                plan.push_as(origin.clone(), transferred);
                plan.push_decided(origin, taken, self.decisions);
            }
            None => plan.push_decided(origin, transferred, self.decisions),
        }
    }
}

fn taken(
    workspace: &Workspace,
    id: &ConversationId,
    department: DepartmentIx,
    agent: AgentIx,
    cause: AssignmentCause,
    timeout: Option<u64>,
    now: Timestamp,
) -> Event {
    let conversation_id = id.clone();
    let department_id = workspace.departments[department].id.clone();
    let agent_id = workspace.agents[agent].id.clone();
    match timeout {
        Some(timeout) => {
            let expires_at = now.plus_ms(timeout);
            Event::ConversationOffered {
                conversation_id,
                department_id,
                agent_id,
                expires_at,
                forced: false,
            }
        }
        None => Event::ConversationAssigned { conversation_id, department_id, agent_id, cause },
    }
}

/// Routes an arrival: to whom is preferred or the strategy says, else as the policy says, through
/// a chain of fallbacks that visits no department twice, nor one of those passed before.
pub(super) fn arrive(
    workspace: &Workspace,
    mut department: DepartmentIx,
    passed: &[DepartmentIx],
    request: Request<'_>,
    now: Timestamp,
) -> Route {
    let mut passed = passed.to_vec();
    let mut decisions = Vec::new();
    let barred: Vec<AgentIx> = request.subject.cooling.iter().map(|c| c.agent).collect();
    loop {
        let (chosen, cause) = match preferred(workspace, department, &request, now) {
            Some((agent, cause)) => (Some(agent), cause),
            None => (pick(workspace, department, request.subject.asked, &barred), request.cause),
        };
        let next = fallback(workspace, department)
            .filter(|next| chosen.is_none() && *next != department && !passed.contains(next));
        let outcome = match chosen {
            Some(agent) => Outcome::Taken(agent, offer::timeout(workspace, department, agent)),
            None => unassigned(workspace, department, request.waits_in),
        };
        // Who is only queued is explained when the step is over, and the queue is as it stays.
        if next.is_some() || !matches!(outcome, Outcome::Queued) {
            let subject = request.subject;
            let id = request.id;
            decisions.extend(explain::capture(workspace, department, id, subject, chosen, cause));
        }
        match next {
            Some(next) => {
                passed.push(department);
                department = next;
            }
            None => return Route { department, passed, outcome, cause, decisions },
        }
    }
}

fn preferred(
    workspace: &Workspace,
    department: DepartmentIx,
    request: &Request<'_>,
    now: Timestamp,
) -> Option<(AgentIx, AssignmentCause)> {
    let (agent, cause, counted_in) = match request.prefer {
        Prefer::Nobody => return None,
        Prefer::Holder(agent, counted_in) => (agent, AssignmentCause::Reopened, counted_in),
        Prefer::LastOf(visitor) => {
            let (closed_at, agent) = workspace.returning.last(visitor, department)?;
            let sticky_ms = workspace.departments[department].policy.sticky_ms;
            if sticky_ms == 0 || now.since_ms(closed_at) > sticky_ms {
                return None;
            }
            (agent, AssignmentCause::Sticky, None)
        }
    };
    let excuse = Excuse { counted_in, ..Excuse::default() };
    let barred = what_bars(workspace, agent, department, request.subject, excuse);
    barred.is_none().then_some((agent, cause))
}

/// Where an unstaffed department sends those who arrive, if its policy does so.
fn fallback(workspace: &Workspace, department: DepartmentIx) -> Option<DepartmentIx> {
    let department = &workspace.departments[department];
    let policy = &department.policy;
    if department.is_staffed() || policy.on_unstaffed != OnUnstaffed::Fallback {
        return None;
    }
    workspace.department_ix(policy.fallback_department_id.as_ref()?.as_str())
}

fn unassigned(workspace: &Workspace, ix: DepartmentIx, waits_in: Option<DepartmentIx>) -> Outcome {
    let department = &workspace.departments[ix];
    if department.policy.on_unstaffed == OnUnstaffed::Reject && !department.is_staffed() {
        return Outcome::Rejected(RejectedReason::NoAgentsOnline);
    }
    if department.is_full_with(department.queued - usize::from(waits_in == Some(ix))) {
        return Outcome::Rejected(RejectedReason::QueueFull);
    }
    Outcome::Queued
}

/// Goes on with somebody who has waited as long as the department allows: from its fallback, as
/// at an arrival there.
pub(super) fn move_on(workspace: &Workspace, ix: ConversationIx, plan: &mut Plan) {
    let active = &workspace.conversations[ix];
    let conversation = &active.conversation;
    let from = &workspace.departments[active.department];
    let known = |id: &DepartmentId| workspace.department_ids.get(id).copied();
    let mut passed: Vec<_> = conversation.passed.iter().filter_map(known).collect();
    passed.push(active.department);
    let fallback = from.policy.fallback_department_id.as_ref();
    let next = fallback
        .and_then(|id| workspace.department_ix(id.as_str()))
        .filter(|next| !passed.contains(next) || planted!(FallsBackInCircles));
    let request = Request {
        id: &conversation.id,
        subject: Subject { asked: Asked::Known(active.skill_set), cooling: &active.cooling },
        cause: conversation.next_cause,
        waits_in: None,
        prefer: Prefer::Nobody,
    };
    let route = next.map(|next| arrive(workspace, next, &passed, request, plan.now));
    let conversation_id = conversation.id.clone();
    let (subject, cause) = (request.subject, request.cause);
    let here = active.department;
    let mut why: Vec<_> =
        explain::capture(workspace, here, request.id, subject, None, cause).into_iter().collect();
    let event = match route.filter(|route| route.would_refuse().is_none()) {
        // Whoever is to take it there does so when the queues drain, in this same step.
        Some(route) => {
            let department_id = workspace.departments[route.department].id.clone();
            let passed = route.passed_ids(workspace);
            why.extend(route.decisions.into_iter().filter(|decision| decision.chosen.is_none()));
            let reason = crate::RequeuedReason::MaxWait;
            let agent_id = None;
            Event::ConversationRequeued { conversation_id, department_id, agent_id, reason, passed }
        }
        None => {
            let department_id = conversation.department_id.clone();
            let reason = RejectedReason::MaxWait;
            Event::ConversationRejected { conversation_id, department_id, reason }
        }
    };
    plan.push_decided(Origin::ENGINE, event, why);
}

/// The agent whom the department's strategy takes for somebody who asks for these skills, but for
/// those who are barred (sorted). Agents all of whose sessions sleep come after all others.
fn pick(
    workspace: &Workspace,
    department: DepartmentIx,
    asked: Asked<'_>,
    barred: &[AgentIx],
) -> Option<AgentIx> {
    let department = &workspace.departments[department];
    if !department.is_picking() {
        return None;
    }
    let (turn, skills) = (turn(department), &workspace.skills);
    let awake = department.ready.pick(turn, asked, barred, skills);
    awake.or_else(|| department.asleep.pick(turn, asked, barred, skills))
}

/// The rank after which a department's round begins; 0: strategies without rounds.
pub(super) fn turn(department: &crate::Department) -> u64 {
    match department.policy.strategy {
        Strategy::RoundRobin => department.turn,
        Strategy::LeastBusy | Strategy::LongestIdle => 0,
    }
}

/// The next assignment or offer from the queues, over all departments in which something changed.
pub(crate) fn drain_one(workspace: &Workspace, now: Timestamp) -> Option<Plan> {
    let first_of = |ix: &DepartmentIx| first_servable(workspace, *ix);
    let firsts = workspace.stirred.iter().filter_map(first_of);
    let first = firsts.min_by_key(|(key, ..)| planted!(OneDepartmentFirst, None, Some(*key)));
    let (_, conversation, agent) = first?;
    Some(serve(workspace, &workspace.conversations[conversation], agent, now))
}

/// The first in a department's line whom somebody can take, and who.
fn first_servable(
    workspace: &Workspace,
    ix: DepartmentIx,
) -> Option<(QueueKey, ConversationIx, AgentIx)> {
    let department = &workspace.departments[ix];
    if !department.is_picking() {
        return None;
    }
    department.heads().find_map(|(key, at)| {
        let active = &workspace.conversations[at];
        let asked = Asked::Known(active.skill_set);
        let agent = match active.cooling.is_empty() {
            true => pick(workspace, ix, asked, &[]),
            false => pick(workspace, ix, asked, &active.part().barred),
        };
        Some((key, at, agent?))
    })
}

fn serve(workspace: &Workspace, active: &Active, agent: AgentIx, now: Timestamp) -> Plan {
    let mut plan = Plan::new(Origin::ENGINE, now);
    let (id, department) = (&active.conversation.id, active.department);
    let cause = active.conversation.next_cause;
    let timeout = offer::timeout(workspace, department, agent);
    let event = taken(workspace, id, department, agent, cause, timeout, now);
    let subject = Subject { asked: Asked::Known(active.skill_set), cooling: &active.cooling };
    let decision = explain::capture(workspace, department, id, subject, Some(agent), cause);
    plan.push_decided(Origin::ENGINE, event, decision);
    plan
}
