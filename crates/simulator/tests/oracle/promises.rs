//! What must hold whatever the strategy: looked at from outside, event by event.

use switchboard_routing::*;

use crate::witness::Witness;

/// What is not held against an agent.
#[derive(Clone, Copy, Default)]
struct Aside {
    capacity: bool,
    cooling: bool,
}

/// Judges an event by the workspace as it was just before.
pub(crate) fn judge(witness: &mut Witness, record: &Record, forced: bool) {
    match &record.event {
        Event::ConversationClosed { conversation_id, agent_id, .. } => {
            let was = witness.workspace.conversation(conversation_id.as_str()).unwrap();
            assert_eq!(was.agent_id, *agent_id);
            assert_eq!(was.offer, None, "an offer ends before its conversation");
        }
        Event::ConversationRejected { conversation_id, .. } => {
            let was = witness.workspace.conversation(conversation_id.as_str()).unwrap();
            assert_eq!(was.offer, None, "an offer ends before its conversation");
        }
        Event::ConversationOffered { conversation_id, department_id, agent_id, .. } => {
            let by_engine = record.origin.by == By::Engine;
            let cause = if by_engine { AssignmentCause::Routed } else { AssignmentCause::Assigned };
            given(witness, (conversation_id, department_id, agent_id), cause, forced);
        }
        Event::ConversationAssigned { conversation_id, department_id, agent_id, cause } => {
            given(witness, (conversation_id, department_id, agent_id), *cause, forced);
            let agent = witness.workspace.agent(agent_id.as_str()).unwrap();
            let answers = matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed);
            assert!(agent.is_awake() || answers, "{agent_id} sleeps, and is not asked");
        }
        Event::OfferEnded { conversation_id, agent_id, offer, .. } => {
            let was = witness.workspace.conversation(conversation_id.as_str()).unwrap();
            let open = was.offer.as_ref().map(|offer| (&offer.agent_id, offer.number));
            assert_eq!(open, Some((agent_id, *offer)), "an offer ends once");
        }
        _ => {}
    }
}

fn given(
    witness: &mut Witness,
    (id, department_id, agent_id): (&ConversationId, &DepartmentId, &AgentId),
    cause: AssignmentCause,
    forced: bool,
) {
    let taken = witness.workspace.conversation(id.as_str()).unwrap();
    let agent = witness.workspace.agent(agent_id.as_str()).unwrap();
    assert_eq!(taken.department_id, *department_id);
    let asked = taken.offer.as_ref().map(|offer| &offer.agent_id);
    match cause {
        AssignmentCause::Accepted => assert_eq!(asked, Some(agent_id), "who accepts was asked"),
        _ => assert_eq!(asked, None, "nobody else is asked any more"),
    }
    let by_name = matches!(
        cause,
        AssignmentCause::Claimed | AssignmentCause::Assigned | AssignmentCause::Transferred
    );
    assert!(taken.agent_id.is_none() || cause == AssignmentCause::Assigned, "given while held");
    let aside = Aside {
        capacity: forced || taken.offer.as_ref().is_some_and(|offer| offer.forced),
        cooling: matches!(cause, AssignmentCause::Claimed | AssignmentCause::Accepted),
    };
    assert!(is_eligible(witness, agent, taken, aside), "{agent_id} is not eligible for {id}");
    let returns = taken.next_cause == AssignmentCause::Reopened
        && taken.last_agent_id.as_ref() == Some(agent_id);
    if !by_name && !returns && cause != AssignmentCause::Accepted {
        nobody_is_passed(witness, agent, taken);
    }
    if forced && !is_eligible(witness, agent, taken, Aside { capacity: false, ..aside }) {
        witness.counts.add("force passed capacity");
    }
}

/// Whoever waits, comes before this one and could be taken by the same agent, is taken first.
fn nobody_is_passed(witness: &Witness, agent: &Agent, taken: &Conversation) {
    let order = |c: &Conversation| (-i64::from(c.priority), c.place);
    let mut earlier = witness.workspace.conversations().filter(|c| c.state == State::Queued);
    let can = |c: &&Conversation| is_eligible(witness, agent, c, Aside::default());
    // What is being opened is in no queue yet.
    let passed = earlier.find(|c| c.queued_at.is_some() && order(c) < order(taken) && can(c));
    assert!(passed.is_none(), "{:?} was passed by {:?}", passed, taken);
}

fn is_eligible(witness: &Witness, agent: &Agent, c: &Conversation, aside: Aside) -> bool {
    let w = &witness.workspace;
    let Some(department) = w.department(c.department_id.as_str()) else { return false };
    let is_of = |other: &&Conversation| other.department_id == department.id;
    let held = w.held_by(agent.id.as_str()).filter(is_of).count();
    let offered = w.conversations().filter(is_of).filter(|c| is_offered(c, agent)).count();
    let wraps = witness.wraps.iter().filter(|(_, d, a)| (d, a) == (&department.id, &agent.id));
    let own = u32::from(c.agent_id.as_ref() == Some(&agent.id) || is_offered(c, agent));
    let here = (held + offered + wraps.count()) as u32 - own;
    let has_room = agent.load() - own < agent.capacity
        && department.policy.agent_capacity.is_none_or(|most| here < most);
    agent.is_reachable()
        && department.open
        && w.is_member(agent.id.as_str(), department.id.as_str())
        && (has_room || aside.capacity)
        && (!witness.cools(agent, c) || aside.cooling)
        && c.skills.iter().all(|skill| agent.skills.contains(skill))
}

fn is_offered(c: &Conversation, agent: &Agent) -> bool {
    c.offer.as_ref().is_some_and(|offer| offer.agent_id == agent.id)
}

/// Whatever changes of a conversation, its revision rises, so that a client can tell which of two
/// states is the later one; and it never falls.
pub(crate) fn revisions_rise(before: &[Conversation], after: &Workspace) {
    for was in before {
        let Some(c) = after.conversation(was.id.as_str()) else { continue };
        // Whether the visitor was ever there is shown to nobody.
        let (revision, attended) = (was.revision, was.attended);
        let same = Conversation { revision, attended, ..c.clone() } == *was;
        assert!(c.revision > was.revision || (same && c.revision == was.revision), "{was:?} {c:?}");
    }
}

/// An offer that is withdrawn because the agent may no longer take it is not made again at once:
/// then the agent could have kept it.
pub(crate) fn nothing_is_offered_again(out: &[Output]) {
    let mut withdrawn = Vec::new();
    for output in out {
        let Output::Event(record) = output else { continue };
        match &record.event {
            Event::OfferEnded { conversation_id, agent_id, reason, .. }
                if *reason == WithdrawnReason::NotEligible =>
            {
                withdrawn.push((conversation_id.clone(), agent_id.clone()));
            }
            Event::ConversationOffered { conversation_id, agent_id, .. } => {
                let offer = (conversation_id.clone(), agent_id.clone());
                assert!(!withdrawn.contains(&offer), "withdrawn and made again: {offer:?}");
            }
            _ => {}
        }
    }
}

/// What holds after every step.
pub(crate) fn hold(witness: &Witness) {
    one_holder_or_offer(&witness.workspace);
    offers_fit(witness);
    nobody_waits_in_vain(witness);
}

fn one_holder_or_offer(w: &Workspace) {
    for c in w.conversations() {
        let holders = w.agents().filter(|a| w.held_by(a.id.as_str()).any(|held| held.id == c.id));
        let holders: Vec<_> = holders.map(|a| &a.id).collect();
        assert_eq!(holders, c.agent_id.iter().collect::<Vec<_>>());
        assert_eq!(c.is_waiting(), holders.is_empty());
        assert_eq!(c.is_waiting(), c.assigned_at.is_none());
        assert_eq!(c.is_waiting(), c.assignment.is_none());
        assert_eq!(c.state == State::Offered, c.offer.is_some());
        assert_eq!(c.is_waiting(), w.queue_position(c).is_some(), "whoever waits is in the line");
    }
    for agent in w.agents() {
        let offered = w.conversations().filter(|c| is_offered(c, agent)).count();
        assert_eq!(agent.offered(), offered);
    }
}

/// Whoever is asked could still take it: what is offered counts already.
fn offers_fit(witness: &Witness) {
    let w = &witness.workspace;
    for c in w.conversations() {
        let Some(offer) = &c.offer else { continue };
        let agent = w.agent(offer.agent_id.as_str()).unwrap();
        let aside = Aside { capacity: offer.forced, cooling: false };
        assert!(is_eligible(witness, agent, c, aside), "{} is offered in vain", c.id);
    }
}

fn nobody_waits_in_vain(witness: &Witness) {
    let w = &witness.workspace;
    for waiting in w.conversations().filter(|c| c.state == State::Queued) {
        let free = w.agents().find(|a| is_eligible(witness, a, waiting, Aside::default()));
        assert!(free.is_none(), "{} waits, and {} is free", waiting.id, free.unwrap().id);
    }
}
