//! Everything that can be seen of a workspace, of the core and of the model, as text: what
//! differs is then read off at once.

use switchboard_routing::*;

use crate::model::Model;

/// What can be seen of the core.
pub(crate) fn of_core(w: &Workspace, now: u64) -> Vec<String> {
    let mut seen = vec![format!("{} seats, {} departments", w.seats(), w.department_count())];
    seen.push(waiting(w.queued(), w.waiting_since().map(|at| at.0)));
    for d in w.departments() {
        let members: Vec<_> = w.members(&d.id).map(|a| a.id.to_string()).collect();
        let queue: Vec<_> = w.queue(d).map(|c| c.id.to_string()).collect();
        let (id, staff, since) = (&d.id, d.online(), d.waiting_since().map(|at| at.0));
        seen.push(department(id.as_str(), d.is_staffed(), staff as usize, since, &members, &queue));
    }
    for a in w.agents() {
        let online = a.availability == Availability::Online;
        seen.push(agent(a.id.as_str(), online, a.present, a.load() as usize, a.capacity));
    }
    let mut held: Vec<_> = w
        .conversations()
        .map(|c| {
            let holder = c.agent_id.as_ref().map(|id| id.as_str());
            let (position, waiting) = (w.queue_position(c), c.is_waiting());
            let since = c.queued_at.filter(|_| waiting).map(|at| at.0);
            conversation(
                c.id.as_str(),
                c.department_id.as_str(),
                holder,
                position,
                (since, c.waited_ms(Timestamp(now))),
            )
        })
        .collect();
    held.sort();
    seen.extend(held);
    let mut sessions: Vec<_> = w
        .sessions()
        .map(|(id, session)| format!("session {id} live={}", session.state == SessionState::Live))
        .collect();
    sessions.sort();
    seen.extend(sessions);
    seen.push(match w.next_deadline() {
        Some((at, DeadlineKind::AgentLost)) => format!("agent lost at {}", at.0),
        Some((at, DeadlineKind::VisitorLeft)) => format!("visitor left at {}", at.0),
        Some(other) => format!("{other:?}"),
        None => "nothing due".into(),
    });
    seen
}

/// What can be seen of the model.
pub(crate) fn of_model(m: &Model) -> Vec<String> {
    let departments = || m.departments.iter().enumerate().filter(|(_, d)| !d.deleted);
    let agents = || m.agents.iter().filter(|a| !a.removed);
    let (seats, count) = (agents().count(), departments().count());
    let mut seen = vec![format!("{seats} seats, {count} departments")];
    let waits: Vec<_> = m.conversations.iter().filter(|c| c.agent.is_none()).collect();
    seen.push(waiting(waits.len(), waits.iter().map(|c| c.waits_since).min()));
    for (at, d) in departments() {
        let members: Vec<_> = d.joined.iter().flatten().cloned().collect();
        let queue: Vec<_> = m.queue(at).iter().map(|c| c.id.clone()).collect();
        let since = m.queue(at).iter().map(|c| c.waits_since).min();
        let staff = m.staff(at);
        seen.push(department(&d.id, d.open && staff > 0, staff, since, &members, &queue));
    }
    for a in agents() {
        seen.push(agent(&a.id, a.online, m.is_present(&a.id), m.load(&a.id), a.capacity));
    }
    let mut held: Vec<_> = m
        .conversations
        .iter()
        .map(|c| {
            let department = &m.departments[c.department].id;
            let place = m.queue(c.department).iter().position(|other| other.id == c.id);
            let place = place.map(|ahead| ahead as u64 + 1);
            let since = c.agent.is_none().then_some(c.waits_since);
            conversation(&c.id, department, c.agent.as_deref(), place, (since, m.waited(c)))
        })
        .collect();
    held.sort();
    seen.extend(held);
    let sessions = m.sessions.iter().map(|s| format!("session {} live={}", s.id, s.live));
    let mut sessions: Vec<_> = sessions.collect();
    sessions.sort();
    seen.extend(sessions);
    seen.push(match m.due() {
        Some((at, 0, ..)) => format!("agent lost at {at}"),
        Some((at, ..)) => format!("visitor left at {at}"),
        None => "nothing due".into(),
    });
    seen
}

fn waiting(queued: usize, since: Option<u64>) -> String {
    format!("{queued} wait, the first since {since:?}")
}

fn department(
    id: &str,
    staffed: bool,
    staff: usize,
    since: Option<u64>,
    members: &[String],
    queue: &[String],
) -> String {
    format!(
        "{id} staffed={staffed} staff={staff} since={since:?} members={members:?} queue={queue:?}"
    )
}

fn agent(id: &str, online: bool, present: bool, load: usize, capacity: u32) -> String {
    format!("{id} online={online} present={present} load={load}/{capacity}")
}

fn conversation(
    id: &str,
    department: &str,
    holder: Option<&str>,
    place: Option<u64>,
    (since, waited): (Option<u64>, u64),
) -> String {
    let wait = format!("since {since:?}, in all {waited}");
    format!("{id} in {department} with {holder:?} at {place:?} {wait}")
}
