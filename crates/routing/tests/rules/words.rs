//! From what happened to the words of a script.

use switchboard_routing::*;

use crate::script::{Line, World};

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// A refusal in words.
pub(crate) fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotFound(kind) => format!("no such {kind}"),
        Refusal::IdTaken(kind) => format!("{kind} id taken"),
        Refusal::NotEligible(why) => format!("not eligible: {}", spaced(&why)),
        other => spaced(&other),
    }
}

fn spaced(name: &impl std::fmt::Debug) -> String {
    format!("{name:?}").chars().fold(String::new(), |text, c| {
        let space = if c.is_uppercase() && !text.is_empty() { " " } else { "" };
        text + space + &c.to_lowercase().to_string()
    })
}

/// What an output says, if it is worth showing.
pub(crate) fn said(world: &World, output: &Output) -> Option<String> {
    match output {
        Output::Event(record) => happened(world, record),
        Output::Notice { to, except, notice } if world.show_notices => {
            let to = match to {
                Person::Agent(id) => id.as_str(),
                Person::Visitor(id) => id.as_str(),
            };
            let but = except.as_ref().map(|s| format!(" but {s}")).unwrap_or_default();
            Some(format!("tell {to}{but}: {}", told(notice)))
        }
        _ => None,
    }
}

fn happened(world: &World, record: &Record) -> Option<String> {
    let by = word(&record.origin.by);
    Some(match &record.event {
        Event::ConversationQueued { conversation_id: id, department_id } => {
            format!("{id} queued in {department_id}{}", place(world, id))
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            format!("{conversation_id} assigned to {agent_id} ({})", word(cause))
        }
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            format!("{conversation_id} offered to {agent_id}")
        }
        Event::OfferEnded { conversation_id, agent_id, reason, .. } => {
            format!("{conversation_id} not {agent_id}'s ({})", word(reason))
        }
        Event::ConversationTransferred { conversation_id: id, department_id, .. } => {
            format!("{id} transferred to {department_id}{}", place(world, id))
        }
        Event::ConversationReopened { conversation, department_id } => {
            format!("{} reopened in {department_id}", conversation.id)
        }
        Event::ConversationRequeued { conversation_id: id, department_id, reason, .. } => {
            format!("{id} requeued in {department_id}{} ({})", place(world, id), word(reason))
        }
        Event::ConversationClosed { conversation_id, .. } => {
            format!("{conversation_id} closed by {by}")
        }
        Event::ConversationRejected { conversation_id, department_id, reason } => {
            format!("{conversation_id} rejected in {department_id} ({})", word(reason))
        }
        Event::SeatReserved { invite_id, .. } => format!("{invite_id} holds a seat"),
        Event::SeatReleased { invite_id, expired } => {
            format!("{invite_id} {}", if *expired { "expired" } else { "taken back" })
        }
        Event::AgentAdded { agent_id, invite_id: Some(invite_id), .. } => {
            format!("{agent_id} accepted {invite_id}")
        }
        Event::PresenceChanged { agent_id, present } if world.show_people => {
            format!("{agent_id} {}", if *present { "present" } else { "absent" })
        }
        Event::AvailabilityChanged { agent_id, availability } if world.show_people => {
            format!("{agent_id} {} by {by}", word(availability))
        }
        _ => return None,
    })
}

/// Where somebody waits, as the step left it.
fn place(world: &World, id: &ConversationId) -> String {
    let waiting = world.workspace.conversation(id.as_str());
    let place = waiting.and_then(|waiting| world.workspace.queue_position(waiting));
    place.map(|place| format!(" at {place}")).unwrap_or_default()
}

fn told(notice: &Notice) -> String {
    match notice {
        Notice::ConversationOpened(id) => format!("{id} opened"),
        Notice::ConversationAssigned(id) => format!("{id} assigned"),
        Notice::ConversationOffered(id) => format!("{id} offered"),
        Notice::OfferWithdrawn { conversation_id: id, reason, .. } => {
            format!("{id} withdrawn ({})", word(reason))
        }
        Notice::ConversationReleased { conversation_id: id, reason, .. } => {
            format!("{id} released ({})", word(reason))
        }
        Notice::ConversationClosed(id, by) => format!("{id} closed by {}", word(by)),
        Notice::ConversationRejected(id, why) => format!("{id} rejected ({})", word(why)),
        Notice::AvailabilityChanged(now, by) => format!("{} by {}", word(now), word(by)),
        Notice::MembershipChanged => "departments changed".into(),
        Notice::Removed => "removed".into(),
    }
}

/// What a question is answered.
pub(crate) fn answer(world: &World, line: &Line<'_>) -> String {
    let workspace = &world.workspace;
    match line.at(1) {
        "queue" => {
            let department = workspace.department(line.at(2)).unwrap();
            let queue = workspace.queue(department).map(|c| c.id.as_str());
            let queue = queue.collect::<Vec<_>>();
            format!(
                "{}: {}",
                department.id,
                if queue.is_empty() { "-".into() } else { queue.join(" ") }
            )
        }
        "served" => {
            let department = workspace.department(line.at(2)).unwrap();
            let Department { id, assigned, .. } = department;
            format!("{id}: {assigned} held, {} served", department.serving())
        }
        "deadline" => match workspace.next_deadline() {
            Some((at, kind)) => format!("{kind:?} in {}ms", at.0 as i64 - world.now as i64),
            None => "nothing is due".into(),
        },
        "why" => last(world, line).map_or_else(|| "nothing was decided".into(), why),
        "gist" => last(world, line).map_or_else(|| "nothing was decided".into(), gist),
        "how" => how(workspace.conversation(line.at(2)).unwrap()),
        "needs" => {
            let waits = workspace.waits_for(workspace.conversation(line.at(2)).unwrap());
            let needs: Vec<_> = waits.iter().map(|waits| needs(world, waits)).collect();
            if needs.is_empty() { "nothing".into() } else { needs.join(", ") }
        }
        "events" => format!("{} events", workspace.position()),
        "seats" => {
            format!("{} seats, {} departments", workspace.seats(), workspace.department_count())
        }
        "invites" => invites(world),
        "asleep" => format!("may sleep: {}", workspace.is_dormant()),
        id if workspace.agent(id).is_some() => agent(workspace, workspace.agent(id).unwrap()),
        id => match workspace.conversation(id) {
            Some(conversation) => self::conversation(workspace, conversation),
            None => format!("{id} is not here"),
        },
    }
}

/// The invites that hold a seat, and for how long from now.
fn invites(world: &World) -> String {
    let pending = world.workspace.reserved_seats();
    let pending: Vec<_> = pending
        .map(|(id, until)| format!("{id} for {}ms", until.since_ms(Timestamp(world.now))))
        .collect();
    if pending.is_empty() { "none is pending".into() } else { pending.join(", ") }
}

fn last<'a>(world: &'a World, line: &Line<'_>) -> Option<&'a Decision> {
    let about = |d: &&Decision| d.conversation_id.as_str() == line.at(2);
    world.decisions.iter().rev().find(about)
}

/// A decision: who was taken, then everybody with place and reason, then who is only counted.
fn why(decision: &Decision) -> String {
    let named: Vec<_> = decision.candidates.iter().map(candidate).collect();
    explained(decision, &named)
}

/// The same of many: only the first and the last who are named, and how many there are.
fn gist(decision: &Decision) -> String {
    let named = &decision.candidates;
    let ends = [named.first(), named.last()].map(|end| end.map(candidate).unwrap_or_default());
    explained(decision, &[ends.join(" …"), format!(" {} named", named.len())])
}

fn candidate(candidate: &Candidate) -> String {
    let rank = candidate.rank.map(|rank| format!("{rank} ")).unwrap_or_default();
    let Candidate { agent_id, load, capacity, reason, .. } = candidate;
    format!(" {rank}{agent_id} {load}/{capacity} {}", word(reason))
}

fn explained(decision: &Decision, named: &[String]) -> String {
    let chosen = decision.chosen.as_ref().map_or("nobody", |id| id.as_str());
    let mut said = format!("{}: {chosen}", word(&decision.cause));
    named.iter().for_each(|named| said += &format!(";{named}"));
    for (reason, count) in &decision.left_out {
        said += &format!("; and {count} {}", word(reason));
    }
    said
}

fn how(conversation: &Conversation) -> String {
    let Some(Assignment { cause, origin }) = &conversation.assignment else {
        return format!("{} is nobody's", conversation.id);
    };
    let by_id = origin.by_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("{} {} by {}{by_id}", conversation.id, word(cause), word(&origin.by))
}

fn needs(world: &World, waits: &WaitsFor) -> String {
    let need = |need: &Need| match need {
        Need::Answer => "answers".to_owned(),
        Need::ComeOnline => "comes online".to_owned(),
        Need::ComeBack => "comes back".to_owned(),
        Need::Close => "closes".to_owned(),
        Need::Rest(at) => format!("rests for {}ms", at.0.saturating_sub(world.now)),
        Need::HaveRoom => "is given room".to_owned(),
        Need::CoolDown(at) => format!("cools for {}ms", at.0.saturating_sub(world.now)),
    };
    match waits {
        WaitsFor::Agent(id, what) => format!("{id} {}", need(what)),
        WaitsFor::Others(what, count) => format!("{count} others: {}", need(what)),
        WaitsFor::Opening => "opening".into(),
        WaitsFor::Skills(skills) => format!("somebody with {}", skills.join(" ")),
        WaitsFor::Members => "a member".into(),
    }
}

fn agent(workspace: &Workspace, agent: &Agent) -> String {
    let presence = if agent.present { "present" } else { "absent" };
    let mut held: Vec<_> = workspace.held_by(agent.id.as_str()).map(|c| c.id.as_str()).collect();
    held.sort_unstable();
    let offered = agent.offered();
    let wraps_up = agent.load() as usize - held.len() - offered;
    let held = if held.is_empty() { String::new() } else { format!(" with {}", held.join(" ")) };
    let more = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    let more = more(offered, "offered") + &more(wraps_up, "in wrap-up");
    format!("{} {} {presence}{held}{more}", agent.id, word(&agent.availability))
}

fn conversation(workspace: &Workspace, conversation: &Conversation) -> String {
    let (id, department) = (&conversation.id, &conversation.department_id);
    if let (Some(offer), Some(place)) =
        (&conversation.offer, workspace.queue_position(conversation))
    {
        assert_eq!((conversation.state, &conversation.agent_id), (State::Offered, &None));
        return format!("{id} at {place} in {department}, offered to {}", offer.agent_id);
    }
    match (&conversation.agent_id, workspace.queue_position(conversation)) {
        (Some(agent), None) => format!("{id} with {agent} in {department}"),
        (None, Some(place)) => format!("{id} at {place} in {department}"),
        other => panic!("neither held nor waiting, or both: {other:?}"),
    }
}
