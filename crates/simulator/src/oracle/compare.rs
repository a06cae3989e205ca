//! Everything that can be seen of a workspace, of the core and of the model, as text: what
//! differs is then read off at once.

use std::collections::BTreeMap;

use switchboard_routing::{
    AssignmentCause, Availability, By, Conversation, NAMED_CANDIDATES, Need, SessionState, State,
    Timestamp, WaitsFor, Workspace,
};

use super::model::{Model, ModelConversation, ModelSessionState};

/// What of the core is not as the model has it.
pub(super) fn differ(workspace: &Workspace, now: Timestamp, model: &Model) -> Option<String> {
    lines(of_core(workspace, now), of_model(model))
}

/// The lines that only one of them has, by whose they are; else that their order differs.
pub(super) fn lines(core: Vec<String>, oracle: Vec<String>) -> Option<String> {
    if core == oracle {
        return None;
    }
    let only = |own: &[String], others: &[String], whose: &str| {
        let mut others = others.to_vec();
        let own = own.iter().filter(|line| {
            let same = others.iter().position(|other| other == *line);
            same.map(|at| others.remove(at)).is_none()
        });
        own.map(|line| format!("{whose}: {line}\n")).collect::<String>()
    };
    let differ = only(&core, &oracle, "  core") + &only(&oracle, &core, "oracle");
    Some(match differ.is_empty() {
        true => format!("in another order: {core:#?} instead of {oracle:#?}"),
        false => differ,
    })
}

/// What can be seen of the core.
fn of_core(w: &Workspace, now: Timestamp) -> Vec<String> {
    let mut seen = vec![format!("{} seats, {} departments", w.seats(), w.department_count())];
    seen.push(waiting(w.queued(), w.waiting_since().map(|at| at.0)));
    for d in w.departments() {
        let members = w.members(&d.id).map(|a| a.id.to_string()).collect();
        let line = w.queue(d).map(|c| c.id.to_string()).collect();
        seen.push(department(Department {
            id: d.id.as_str(),
            staff: (d.is_staffed(), d.online() as usize, d.serving() as usize),
            assigned: d.assigned as usize,
            waits: (d.queued(), d.waiting_since().map(|at| at.0)),
            members,
            line,
        }));
    }
    for a in w.agents() {
        let online = a.availability == Availability::Online;
        let says = (online, a.availability_by.by, a.availability_since.0);
        let load = (a.load() as usize, a.offered(), a.capacity);
        seen.push(agent(a.id.as_str(), says, (a.present, a.present_since.0, a.is_awake()), load));
    }
    let conversations = w.conversations().map(|c| conversation_of_core(w, c, now));
    seen.extend(sorted(conversations));
    let waits = w.conversations().map(|c| waits_for(c.id.as_str(), &w.waits_for(c)));
    seen.extend(sorted(waits));
    let sessions = w.sessions().map(|(id, session)| match session.state {
        SessionState::Live => format!("session {id} live"),
        SessionState::Held { until, on_socket } => held(id.as_str(), until.0, on_socket),
        SessionState::Lost(_) => format!("session {id} lost"),
    });
    seen.extend(sorted(sessions));
    let invites = w.reserved_seats().map(|(id, until)| invite(id.as_str(), until.0));
    seen.extend(sorted(invites));
    seen.push(match w.next_deadline() {
        Some((at, kind)) => format!("{kind:?} at {}", at.0),
        None => "nothing due".into(),
    });
    seen
}

fn conversation_of_core(w: &Workspace, c: &Conversation, now: Timestamp) -> String {
    let offer = c.offer.as_ref().map(|offer| (offer.agent_id.as_str(), offer.expires_at.0));
    let passed: Vec<_> = c.passed.iter().map(|id| id.as_str()).collect();
    conversation(
        (c.id.as_str(), c.number, c.department_id.as_str(), c.state),
        (c.agent_id.as_ref().map(|id| id.as_str()), c.assignment.as_ref().map(|a| a.cause)),
        (c.last_agent_id.as_ref().map(|id| id.as_str()), c.next_cause),
        (offer, &passed),
        w.queue_position(c),
        (c.queued_at.filter(|_| c.is_waiting()).map(|at| at.0), c.waited_ms(now)),
    )
}

/// What can be seen of the model.
fn of_model(m: &Model) -> Vec<String> {
    let departments = || m.departments.iter().enumerate().filter(|(_, d)| !d.deleted);
    let agents = || m.agents.iter().filter(|a| !a.removed);
    let (seats, count) = (m.seats(), departments().count());
    let mut seen = vec![format!("{seats} seats, {count} departments")];
    let queued = m.conversations.iter().filter(|c| c.is_queued()).count();
    let waits = m.conversations.iter().filter(|c| c.is_waiting());
    seen.push(waiting(queued, waits.map(|c| c.since).min()));
    for (at, d) in departments() {
        let line = m.line(at);
        let staff = m.staff(at);
        seen.push(department(Department {
            id: &d.id,
            staff: (d.open && staff > 0, staff, serving(m, at)),
            assigned: held_of(m, at).count(),
            waits: (
                line.iter().filter(|c| c.is_queued()).count(),
                line.iter().map(|c| c.since).min(),
            ),
            members: d.joined.iter().flatten().cloned().collect(),
            line: line.iter().map(|c| c.id.clone()).collect(),
        }));
    }
    for a in agents() {
        let offered = m.conversations.iter().filter(|c| c.is_offered_to(&a.id)).count();
        let here = (m.is_present(&a.id), a.present_since, m.is_awake(&a.id));
        let load = (m.load(&a.id), offered, a.capacity);
        seen.push(agent(&a.id, (a.online, a.said_by, a.said_at), here, load));
    }
    seen.extend(sorted(m.conversations.iter().map(|c| conversation_of_model(m, c))));
    seen.extend(sorted(m.conversations.iter().map(|c| waits_for(&c.id, &m.waits_for(c)))));
    let sessions = m.sessions.iter().map(|s| match s.state {
        ModelSessionState::Live => format!("session {} live", s.id),
        ModelSessionState::Held { until, on_socket } => held(&s.id, until, on_socket),
        ModelSessionState::Lost => format!("session {} lost", s.id),
    });
    seen.extend(sorted(sessions));
    seen.extend(sorted(m.invites.iter().map(|(id, until)| invite(id, *until))));
    seen.push(match m.due() {
        Some((at, kind, ..)) => format!("{kind:?} at {at}"),
        None => "nothing due".into(),
    });
    seen
}

/// How many of a department's conversations are with agents who can be reached.
fn serving(m: &Model, department: usize) -> usize {
    let holders = held_of(m, department).filter_map(|c| m.agent(c.holder.as_ref()?).ok());
    holders.filter(|at| m.is_reachable(&m.agents[*at])).count()
}

fn held_of(m: &Model, department: usize) -> impl Iterator<Item = &ModelConversation> {
    m.conversations.iter().filter(move |c| c.department == department && c.holder.is_some())
}

fn conversation_of_model(m: &Model, c: &ModelConversation) -> String {
    let name = |department: usize| m.departments[department].id.as_str();
    let line = m.line(c.department);
    let place = line.iter().position(|other| other.id == c.id).map(|ahead| ahead as u64 + 1);
    let passed: Vec<_> = c.passed.iter().map(|at| name(*at)).collect();
    let state = match (&c.holder, &c.offer) {
        (Some(_), _) => State::Assigned,
        (None, Some(_)) => State::Offered,
        (None, None) => State::Queued,
    };
    conversation(
        (&c.id, c.number, name(c.department), state),
        (c.holder.as_deref(), c.cause),
        (c.last_holder.as_deref(), c.next_cause),
        (c.offer.as_ref().map(|offer| (&*offer.agent, offer.until)), &passed),
        place,
        (c.is_waiting().then_some(c.since), m.waited(c)),
    )
}

/// In a small department everybody is named; in a large one as many as are named are enough, and
/// the others are counted.
fn waits_for(id: &str, waits: &[WaitsFor]) -> String {
    let others = waits.iter().any(|wait| matches!(wait, WaitsFor::Others(..)));
    if waits.len() <= NAMED_CANDIDATES && !others {
        return format!(
            "{id} waits for {:?}",
            sorted(waits.iter().map(|wait| format!("{wait:?}")))
        );
    }
    let mut needs = BTreeMap::new();
    for wait in waits {
        let (need, count) = match wait {
            WaitsFor::Agent(_, Need::CoolDown(_)) => ("CoolDown".into(), 1),
            WaitsFor::Others(Need::CoolDown(_), count) => ("CoolDown".into(), *count),
            WaitsFor::Agent(_, need) => (format!("{need:?}"), 1),
            WaitsFor::Others(need, count) => (format!("{need:?}"), *count),
            other => (format!("{other:?}"), 1),
        };
        *needs.entry(need).or_insert(0) += count;
    }
    format!("{id} waits for {needs:?}")
}

fn sorted(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut words: Vec<_> = words.collect();
    words.sort();
    words
}

fn waiting(queued: usize, since: Option<u64>) -> String {
    format!("{queued} queued, the first waits since {since:?}")
}

fn held(id: &str, until: u64, on_socket: bool) -> String {
    format!("session {id} held until {until}, on_socket={on_socket}")
}

fn invite(id: &str, until: u64) -> String {
    format!("{id} holds a seat until {until}")
}

#[derive(Debug)]
#[expect(dead_code, reason = "it is read as text")]
struct Department<'a> {
    id: &'a str,
    /// Whether it is staffed, by how many, and how many conversations they have.
    staff: (bool, usize, usize),
    assigned: usize,
    /// How many are queued, and since when whoever waits longest does.
    waits: (usize, Option<u64>),
    members: Vec<String>,
    line: Vec<String>,
}

fn department(department: Department<'_>) -> String {
    format!("{department:?}")
}

fn agent(
    id: &str,
    (online, by, said_at): (bool, By, u64),
    (present, since, awake): (bool, u64, bool),
    (load, offered, capacity): (usize, usize, u32),
) -> String {
    let says = format!("online={online} by {by:?} since {said_at}");
    let here = format!("present={present} since {since} awake={awake}");
    format!("{id} {says} {here} load={load}/{capacity} offered={offered}")
}

fn conversation(
    (id, number, department, state): (&str, u64, &str, State),
    (holder, cause): (Option<&str>, Option<AssignmentCause>),
    (last_holder, next_cause): (Option<&str>, AssignmentCause),
    (offer, passed): (Option<(&str, u64)>, &[&str]),
    place: Option<u64>,
    (since, waited): (Option<u64>, u64),
) -> String {
    let has = format!("with {holder:?} {cause:?}, before with {last_holder:?}");
    let waits = format!("at {place:?} since {since:?}, in all {waited}, as {next_cause:?}");
    format!("{id} no {number} {state:?} in {department} {has}; {offer:?} {passed:?}; {waits}")
}
