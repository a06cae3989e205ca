//! Who is told what happened. Looks at the workspace as it is *before* the event is applied.

use crate::{
    AssignmentCause, Event, Notice, Output, Person, Record, ReleasedReason, RequeuedReason,
    SessionId, WithdrawnReason, Workspace, conversation::Active,
};

/// Puts the notices of an event into `out`. `asking` is the session whose command made it
/// happen: it gets the answer, so it is left out where it would hear the same thing twice.
pub(crate) fn announce(
    workspace: &Workspace,
    record: &Record,
    asking: Option<&SessionId>,
    out: &mut Vec<Output>,
) {
    let mut tell = |to: Person, except: Option<&SessionId>, notice: Notice| {
        out.push(Output::Notice { to, except: except.cloned(), notice });
    };
    // Who opened hears in the answer what came of it at once; the visitor's others by a push.
    let answered = |active: &Active| asking.filter(|_| active.arriving);
    match &record.event {
        Event::ConversationOpened { conversation_id, visitor_id, .. } => {
            let notice = Notice::ConversationOpened(conversation_id.clone());
            tell(Person::Visitor(visitor_id.clone()), asking, notice);
        }
        Event::ConversationReopened { conversation, .. } => {
            let notice = Notice::ConversationOpened(conversation.id.clone());
            tell(Person::Visitor(conversation.visitor_id.clone()), asking, notice);
        }
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            let notice = Notice::ConversationOffered(conversation_id.clone());
            tell(Person::Agent(agent_id.clone()), None, notice);
        }
        Event::OfferEnded { conversation_id, agent_id, offer, reason, .. } => {
            let Some(active) = workspace.active(conversation_id) else { return };
            let notice = Notice::OfferWithdrawn {
                conversation_id: conversation_id.clone(),
                revision: active.conversation.revision + 1,
                offer: *offer,
                reason: *reason,
            };
            tell(Person::Agent(agent_id.clone()), asking, notice);
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            let notice = || Notice::ConversationAssigned(conversation_id.clone());
            let Some(active) = workspace.active(conversation_id) else { return };
            if let Some(holder) = active.agent.map(|ix| &workspace.agents[ix]) {
                let notice = released(active, ReleasedReason::Reassigned);
                tell(Person::Agent(holder.id.clone()), asking, notice);
            }
            if let Some(offer) = &active.conversation.offer {
                let notice = Notice::OfferWithdrawn {
                    conversation_id: conversation_id.clone(),
                    // One and the same change takes it from one device and gives it to the agent.
                    revision: active.conversation.revision + 1,
                    offer: offer.number,
                    reason: WithdrawnReason::AcceptedElsewhere,
                };
                tell(Person::Agent(offer.agent_id.clone()), asking, notice);
            }
            // Whoever took it hears so in the answer.
            let took = match cause {
                AssignmentCause::Accepted
                | AssignmentCause::Claimed
                | AssignmentCause::Reopened => asking,
                _ => None,
            };
            tell(Person::Agent(agent_id.clone()), took, notice());
            tell(visitor_of(active), answered(active), notice());
        }
        Event::ConversationTransferred { conversation_id, from_agent_id: Some(giver), .. } => {
            let Some(active) = workspace.active(conversation_id) else { return };
            let notice = released(active, ReleasedReason::Transferred);
            tell(Person::Agent(giver.clone()), asking, notice);
        }
        Event::ConversationRequeued { conversation_id, agent_id: Some(agent), reason, .. } => {
            let Some(active) = workspace.active(conversation_id) else { return };
            let notice = released(active, reason_of(*reason));
            tell(Person::Agent(agent.clone()), None, notice);
        }
        Event::ConversationClosed { conversation_id, agent_id, .. } => {
            let notice = || Notice::ConversationClosed(conversation_id.clone(), record.origin.by);
            if let Some(agent) = agent_id {
                tell(Person::Agent(agent.clone()), asking, notice());
            }
            if let Some(active) = workspace.active(conversation_id) {
                tell(visitor_of(active), asking, notice());
            }
        }
        Event::ConversationRejected { conversation_id, reason, .. } => {
            if let Some(active) = workspace.active(conversation_id) {
                let notice = Notice::ConversationRejected(conversation_id.clone(), *reason);
                tell(visitor_of(active), answered(active), notice);
                // Only a removed agent's is rejected: others keep what they hold.
                if let Some(agent) = active.agent.map(|ix| &workspace.agents[ix]) {
                    let notice = released(active, ReleasedReason::Removed);
                    tell(Person::Agent(agent.id.clone()), None, notice);
                }
            }
        }
        Event::AvailabilityChanged { agent_id, availability } => {
            let notice = Notice::AvailabilityChanged(*availability, record.origin.by);
            tell(Person::Agent(agent_id.clone()), asking, notice);
        }
        Event::MemberAdded { agent_id, .. } | Event::MemberRemoved { agent_id, .. } => {
            tell(Person::Agent(agent_id.clone()), None, Notice::MembershipChanged);
        }
        Event::DepartmentDeleted { department_id } => {
            for agent in workspace.members(department_id) {
                tell(Person::Agent(agent.id.clone()), None, Notice::MembershipChanged);
            }
        }
        Event::AgentRemoved { agent_id } => {
            tell(Person::Agent(agent_id.clone()), None, Notice::Removed);
        }
        _ => {}
    }
}

fn visitor_of(active: &Active) -> Person {
    Person::Visitor(active.conversation.visitor_id.clone())
}

/// That nobody has it any more, with the revision that it has by that.
fn released(active: &Active, reason: ReleasedReason) -> Notice {
    Notice::ConversationReleased {
        conversation_id: active.conversation.id.clone(),
        revision: active.conversation.revision + 1,
        reason,
    }
}

/// What the agent who had it is told of a requeueing.
fn reason_of(reason: RequeuedReason) -> ReleasedReason {
    match reason {
        RequeuedReason::AgentLost => ReleasedReason::AgentLost,
        RequeuedReason::Removed => ReleasedReason::Removed,
        // Those who wait have no agent whom this could take them from.
        RequeuedReason::Reassigned
        | RequeuedReason::DepartmentDeleted
        | RequeuedReason::MaxWait => ReleasedReason::Reassigned,
    }
}
