//! Offers: an agent is asked, and answers, or does not.

use crate::{
    AgentId, AssignmentCause, Availability, ConversationId, Done, Event, Kind, Origin, Refusal,
    Timestamp, WithdrawnReason, Workspace,
    conversation::Active,
    slab::{AgentIx, ConversationIx, DepartmentIx},
};

use super::{Plan, handover};

/// How long an agent whose sessions all sleep has to answer where the policy asks nobody.
const ASLEEP_TIMEOUT_MS: u64 = 30_000;
/// So many offers missed in a row set an agent away.
const MISSES: u32 = 3;

/// How long an agent has to answer before a conversation of this department is its; none: it is
/// given at once.
pub(super) fn timeout(
    workspace: &Workspace,
    department: DepartmentIx,
    agent: AgentIx,
) -> Option<u64> {
    let policy = &workspace.departments[department].policy;
    policy.offer_timeout_ms.or_else(|| asleep_timeout(workspace, department, agent))
}

/// The same where somebody gives it to this very agent: who is awake is not asked.
pub(super) fn asleep_timeout(
    workspace: &Workspace,
    department: DepartmentIx,
    agent: AgentIx,
) -> Option<u64> {
    let timeout = workspace.departments[department].policy.offer_timeout_ms;
    let awake = workspace.agents[agent].is_awake() || planted!(AssignsAsleep);
    (!awake).then(|| timeout.unwrap_or(ASLEEP_TIMEOUT_MS))
}

/// Until when an agent who refuses a conversation of this department is not asked for it again.
/// A moment at least: else it would be the next again at once, before anybody else.
pub(super) fn cooling_until(
    workspace: &Workspace,
    department: DepartmentIx,
    now: Timestamp,
) -> Timestamp {
    now.plus_ms(workspace.departments[department].policy.decline_cooldown_ms.max(1))
}

pub(super) fn accept(
    workspace: &Workspace,
    conversation_id: ConversationId,
    agent_id: &AgentId,
    offer: u64,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let active = offered(workspace, &conversation_id, agent_id, offer)?;
    plan.push(Event::ConversationAssigned {
        conversation_id: conversation_id.clone(),
        department_id: active.conversation.department_id.clone(),
        agent_id: agent_id.clone(),
        cause: AssignmentCause::Accepted,
    });
    Ok(Done::Conversation(conversation_id))
}

pub(super) fn decline(
    workspace: &Workspace,
    conversation_id: ConversationId,
    agent_id: &AgentId,
    offer: u64,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let active = offered(workspace, &conversation_id, agent_id, offer)?;
    let until = cooling_until(workspace, active.department, plan.now);
    plan.events.extend(ended(active, plan.origin.clone(), WithdrawnReason::Declined, Some(until)));
    if planted!(DeclineEndsTwice) {
        plan.events.extend(ended(active, Origin::ENGINE, WithdrawnReason::Declined, Some(until)));
    }
    Ok(Done::Conversation(conversation_id))
}

/// The conversation that this very offer is about, while it is open.
fn offered<'a>(
    workspace: &'a Workspace,
    id: &ConversationId,
    agent_id: &AgentId,
    number: u64,
) -> Result<&'a Active, Refusal> {
    let agent = workspace.agent_ix(agent_id.as_str()).ok_or(Refusal::NotFound(Kind::Agent))?;
    let active = workspace.active(id).ok_or(Refusal::NotFound(Kind::Conversation))?;
    let offer = active.conversation.offer.as_ref();
    let is_this = |open: u64| open == number || planted!(AnyOfferAnswered);
    if offer.is_some_and(|offer| is_this(offer.number) && offer.agent_id == *agent_id) {
        return Ok(active);
    }
    if active.agent == Some(agent) || handover::is_colleague(workspace, agent_id, active) {
        return Err(Refusal::OfferExpired);
    }
    Err(Refusal::NotFound(Kind::Conversation))
}

/// The end of a conversation's offer, if there is one.
pub(super) fn ended(
    active: &Active,
    origin: Origin,
    reason: WithdrawnReason,
    cooling_until: Option<Timestamp>,
) -> Option<super::Planned> {
    let offer = active.conversation.offer.as_ref()?;
    let event = Event::OfferEnded {
        conversation_id: active.conversation.id.clone(),
        department_id: active.conversation.department_id.clone(),
        agent_id: offer.agent_id.clone(),
        offer: offer.number,
        reason,
        cooling_until,
    };
    Some(super::Planned { origin, event, decisions: Vec::new() })
}

/// An offer that was not answered in time: a miss, and the third in a row sets the agent away.
pub(super) fn expire(workspace: &Workspace, ix: ConversationIx, plan: &mut Plan) {
    let active = &workspace.conversations[ix];
    let until = cooling_until(workspace, active.department, plan.now);
    plan.events.extend(ended(active, Origin::ENGINE, WithdrawnReason::Expired, Some(until)));
    let Some(agent) = active.offered_to.map(|ix| &workspace.agents[ix]) else { return };
    if agent.misses + 1 >= MISSES && agent.availability == Availability::Online {
        plan.push_as(
            Origin::MISSED_OFFERS,
            Event::AvailabilityChanged {
                agent_id: agent.id.clone(),
                availability: Availability::Away,
            },
        );
    }
}

/// What an offer is withdrawn for, in this order: whatever goes first makes room for the others.
#[derive(Clone, Copy)]
enum Lack {
    /// The agent may not take it, room aside.
    Right,
    /// It is over the department's share of one agent.
    Share,
    /// It is over the agent's own capacity.
    Room,
}

/// Withdraws the offers that an agent may no longer take, and then, where that leaves too many,
/// of the others the newest first, but none on which an admin insisted.
pub(crate) fn withdraw_unfit(workspace: &Workspace, ix: AgentIx, now: Timestamp) -> Plan {
    let mut plan = Plan::new(Origin::ENGINE, now);
    let agent = &workspace.agents[ix];
    let (mut load, mut load_in) = (agent.load(), agent.load_in.clone());
    let offers = agent.offers.values().rev().map(|ix| &workspace.conversations[*ix]);
    let mut offers: Vec<_> = offers.collect();
    for lack in [Lack::Right, Lack::Share, Lack::Room] {
        offers.retain(|active| {
            let here = load_in.get(&active.department).copied().unwrap_or(0);
            let most = workspace.departments[active.department].policy.agent_capacity;
            let forced = active.conversation.offer.as_ref().is_some_and(|offer| offer.forced);
            let over = |is_over: bool| (is_over && !forced).then_some(WithdrawnReason::NotEligible);
            let why = match lack {
                Lack::Right => unfit(workspace, ix, active),
                Lack::Share => over(most.is_some_and(|most| here > most)),
                Lack::Room => over(load > agent.capacity),
            };
            let Some(reason) = why else { return true };
            load -= 1;
            crate::agent::tally(&mut load_in, active.department, false);
            plan.events.extend(ended(active, Origin::ENGINE, reason, None));
            false
        });
    }
    plan
}

/// Why an agent may no longer take what it is asked to, room aside.
fn unfit(workspace: &Workspace, ix: AgentIx, active: &Active) -> Option<WithdrawnReason> {
    let (agent, room) = (&workspace.agents[ix], &workspace.departments[active.department]);
    if agent.removed {
        return Some(WithdrawnReason::Removed);
    }
    if agent.availability == Availability::Away && !planted!(AwayKeepsOffers) {
        return Some(WithdrawnReason::Away);
    }
    if !agent.present {
        return Some(WithdrawnReason::Lost);
    }
    let fits = room.open
        && agent.memberships.contains_key(&active.department)
        && workspace.skills.covers(agent.skill_set, crate::skills::Asked::Known(active.skill_set));
    (!fits).then_some(WithdrawnReason::NotEligible)
}
