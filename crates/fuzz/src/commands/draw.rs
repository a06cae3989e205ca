//! From bytes to commands about few departments, agents and visitors, so that they meet.

use arbitrary::{Result, Unstructured};
use switchboard_routing::{
    AgentId, Availability, By, Command, Config, Conversation, ConversationId, DepartmentId,
    InviteId, Key, OnAgentLost, OnUnstaffed, OpenConversation, Origin, Person, PlanLimits, Policy,
    Role, SeatReservation, SessionId, Status, Strategy, Timestamp, VisitorId, Workspace,
};

type Bytes<'b> = Unstructured<'b>;
type Asked = (Origin, Command);

/// Two departments, and an agent in each who is there and one who is in both.
pub(super) fn beginning() -> Vec<Command> {
    let create = |number: u8| Command::CreateDepartment {
        department_id: department_id(number),
        name: String::new(),
        policy: Box::new(Policy { sticky_ms: sticky_ms(number), ..Policy::default() }),
    };
    let mut commands = vec![create(0), create(1)];
    for (number, departments) in [(0, vec![0]), (1, vec![1]), (2, vec![0, 1])] {
        let agent_id = agent_id(number);
        commands.push(Command::AddAgent {
            agent_id: agent_id.clone(),
            role: Role::Agent,
            capacity: 2,
            skills: Vec::new(),
            department_ids: departments.into_iter().map(department_id).collect(),
            invite_id: None,
        });
        let availability = Availability::Online;
        commands.push(Command::SetAvailability { agent_id: agent_id.clone(), availability });
        let (session_id, person) = (format!("{agent_id}/0").into(), Person::Agent(agent_id));
        commands.push(Command::AttachSession { session_id, person });
    }
    commands
}

/// How long nothing happens.
pub(super) fn pause(bytes: &mut Bytes<'_>) -> Result<u64> {
    bytes.choose(&[0, 0, 0, 0, 0, 1, 500, 500, 1_000, 1_500, 2_500, 6_000, 30_000]).copied()
}

/// What is asked next, and by whom; none where there is nothing to ask it about.
pub(super) fn command(
    bytes: &mut Bytes<'_>,
    now: u64,
    core: &Workspace,
    ended: &[Conversation],
) -> Result<Option<Asked>> {
    let root = |command| Ok(Some((Origin::ROOT, command)));
    match bytes.int_in_range(0..=31u8)? {
        0..=6 => open(bytes),
        7..=9 => session(bytes),
        10..=11 => {
            let agent_id = agent(bytes)?;
            let availability =
                if bytes.arbitrary()? { Availability::Online } else { Availability::Away };
            let origin = Origin::new(By::Agent, agent_id.as_str());
            Ok(Some((origin, Command::SetAvailability { agent_id, availability })))
        }
        12 => root(configure(bytes)?),
        13..=15 => root(department(bytes)?),
        16..=18 => root(staff(bytes)?),
        19 => root(Command::Recover),
        20 => {
            let (visitor_id, key) = (visitor(bytes)?, key(bytes)?.key);
            root(Command::Forget { visitor_id, key })
        }
        21 => {
            let agent_id = agent(bytes)?;
            let origin = Origin::new(By::Agent, agent_id.as_str());
            Ok(Some((origin, Command::ReportActivity { agent_id })))
        }
        22 => root(seats(bytes, now)?),
        _ => deed(bytes, core, ended),
    }
}

/// Seats are held for invites, or no longer.
fn seats(bytes: &mut Bytes<'_>, now: u64) -> Result<Command> {
    let until = Timestamp(now + bytes.choose(&[0, 500, 2_500, 30_000])?);
    Ok(match bytes.int_in_range(0..=5u8)? {
        0..=3 => {
            let many = bytes.int_in_range(0..=3u8)?;
            let seat = |_| Ok(SeatReservation { invite_id: invite(bytes)?, until });
            Command::ReserveSeats { seats: (0..many).map(seat).collect::<Result<_>>()? }
        }
        4 => Command::ExtendSeat { invite_id: invite(bytes)?, until },
        _ => Command::ReleaseSeat { invite_id: invite(bytes)? },
    })
}

fn invite(bytes: &mut Bytes<'_>) -> Result<InviteId> {
    Ok(format!("i{}", bytes.int_in_range(0..=3u8)?).into())
}

fn open(bytes: &mut Bytes<'_>) -> Result<Option<Asked>> {
    let visitor_id = visitor(bytes)?;
    let origin = Origin::new(By::Visitor, visitor_id.as_str());
    let open = OpenConversation {
        conversation_id: ConversationId::from(format!("c{}", bytes.int_in_range(0..=40u8)?)),
        visitor_id,
        department_id: some(bytes, 7, |bytes| Ok(department_id(bytes.int_in_range(0..=2)?)))?,
        priority: *bytes.choose(&[0, 0, 0, 1, -1])?,
        skills: some(bytes, 2, skills)?.unwrap_or_default(),
        key: some(bytes, 2, key)?,
    };
    Ok(Some((origin, Command::OpenConversation(open))))
}

fn session(bytes: &mut Bytes<'_>) -> Result<Option<Asked>> {
    let person = match bytes.arbitrary()? {
        true => Person::Agent(agent(bytes)?),
        false => Person::Visitor(visitor(bytes)?),
    };
    let (by, id) = match &person {
        Person::Agent(id) => (By::Agent, id.as_str()),
        Person::Visitor(id) => (By::Visitor, id.as_str()),
    };
    let (origin, device) = (Origin::new(by, id), bytes.int_in_range(0..=1u8)?);
    let session_id = SessionId::from(format!("{id}/{device}"));
    Ok(Some(match bytes.int_in_range(0..=7u8)? {
        0..=3 => (origin, Command::AttachSession { session_id, person }),
        4..=5 => (Origin::ENGINE, Command::LoseSession { session_id }),
        6 => (origin, Command::EndSession { session_id }),
        _ => {
            let hold_ms = *bytes.choose(&[0, 1_000, 9_000, 30_000])?;
            (origin, Command::HoldSession { session_id, hold_ms })
        }
    }))
}

fn configure(bytes: &mut Bytes<'_>) -> Result<Command> {
    let limits = PlanLimits {
        seats: some(bytes, 1, |bytes| bytes.int_in_range(3..=6))?,
        departments: some(bytes, 1, |bytes| bytes.int_in_range(2..=4))?,
    };
    let config = Config {
        limits,
        status: if bytes.ratio(1, 8)? { Status::Suspended } else { Status::Active },
        default_department_id: some(bytes, 4, |b| Ok(department_id(b.int_in_range(0..=2)?)))?,
        absent_away_ms: some(bytes, 2, |bytes| bytes.choose(&[3_000, 9_000]).copied())?,
        idle_away_ms: some(bytes, 1, |bytes| bytes.choose(&[4_000, 15_000]).copied())?,
        mobile_hold_ms: *bytes.choose(&[0, 2_000, 20_000])?,
        ..Config::default()
    };
    Ok(Command::Configure(Box::new(config)))
}

fn department(bytes: &mut Bytes<'_>) -> Result<Command> {
    let number = bytes.int_in_range(0..=3)?;
    let (department_id, name) = (department_id(number), String::new());
    Ok(match bytes.int_in_range(0..=9u8)? {
        0..=1 => Command::CreateDepartment { department_id, name, policy: policy(bytes, number)? },
        2..=6 => Command::UpdateDepartment { department_id, name, policy: policy(bytes, number)? },
        7..=8 => Command::SetDepartmentOpen { department_id, open: bytes.arbitrary()? },
        _ => Command::DeleteDepartment { department_id },
    })
}

fn policy(bytes: &mut Bytes<'_>, number: u8) -> Result<Box<Policy>> {
    use OnUnstaffed::{Fallback, Queue, Reject};
    use Strategy::{LeastBusy, LongestIdle, RoundRobin};
    let time = |bytes: &mut Bytes<'_>| bytes.choose(&[500u64, 1_000, 2_000, 6_000]).copied();
    Ok(Box::new(Policy {
        strategy: *bytes.choose(&[LeastBusy, RoundRobin, LongestIdle])?,
        on_unstaffed: *bytes.choose(&[Queue, Reject, Fallback])?,
        on_agent_lost: *bytes.choose(&[OnAgentLost::Requeue, OnAgentLost::Keep])?,
        fallback_department_id: some(bytes, 4, |b| Ok(department_id(b.int_in_range(0..=3)?)))?,
        max_queue: some(bytes, 2, |bytes| bytes.int_in_range(0..=3))?,
        agent_capacity: some(bytes, 2, |bytes| bytes.int_in_range(0..=2))?,
        offer_timeout_ms: some(bytes, 4, time)?,
        decline_cooldown_ms: *bytes.choose(&[0, 500, 1_000, 3_000])?,
        max_wait_ms: some(bytes, 2, time)?,
        reconnect_grace_ms: *bytes.choose(&[0, 1_000, 5_000])?,
        visitor_grace_ms: *bytes.choose(&[0, 1_000, 5_000])?,
        wrap_up_ms: *bytes.choose(&[0, 0, 1_000, 2_500])?,
        sticky_ms: sticky_ms(number),
        business_hours: None,
    }))
}

fn staff(bytes: &mut Bytes<'_>) -> Result<Command> {
    let (agent_id, department_id) = (agent(bytes)?, department_id(bytes.int_in_range(0..=2)?));
    let role = |b: &mut Bytes<'_>| Ok(if b.ratio(1, 3)? { Role::Admin } else { Role::Agent });
    let departments = |bytes: &mut Bytes<'_>| {
        let count = bytes.int_in_range(0..=3u8)?;
        (0..count).map(|_| Ok(self::department_id(bytes.int_in_range(0..=2)?))).collect()
    };
    Ok(match bytes.int_in_range(0..=7u8)? {
        0..=1 => Command::AddAgent {
            agent_id,
            role: role(bytes)?,
            capacity: bytes.int_in_range(0..=3)?,
            skills: skills(bytes)?,
            department_ids: departments(bytes)?,
            invite_id: some(bytes, 3, invite)?,
        },
        2..=3 => Command::UpdateAgent {
            agent_id,
            role: some(bytes, 4, role)?,
            capacity: some(bytes, 4, |bytes| bytes.int_in_range(0..=3))?,
            skills: some(bytes, 4, skills)?,
            department_ids: some(bytes, 2, departments)?,
        },
        4 => Command::RemoveAgent { agent_id },
        5..=6 => Command::AddMember { department_id, agent_id },
        _ => Command::RemoveMember { department_id, agent_id },
    })
}

/// Something about a conversation that there is, by somebody who might.
fn deed(bytes: &mut Bytes<'_>, core: &Workspace, ended: &[Conversation]) -> Result<Option<Asked>> {
    let kind = bytes.int_in_range(0..=6u8)?;
    let there: Vec<&Conversation> = match kind {
        6 => ended.iter().chain(core.conversations()).collect(),
        1..=2 => core.conversations().filter(|c| c.offer.is_some()).collect(),
        _ => core.conversations().collect(),
    };
    if there.is_empty() {
        return Ok(None);
    }
    let c = *bytes.choose(&there)?;
    let (conversation_id, agent_id) = (c.id.clone(), agent(bytes)?);
    let (mut asked, mut offer) = (agent_id.clone(), bytes.int_in_range(0..=60)?);
    if let Some(open) = c.offer.as_ref().filter(|_| offer > 6) {
        (asked, offer) = (open.agent_id.clone(), open.number);
    }
    let origin = match bytes.int_in_range(0..=2u8)? {
        0 => Origin::ROOT,
        1 => Origin::new(By::Visitor, c.visitor_id.as_str()),
        _ => Origin::new(By::Agent, c.last_agent_id.as_ref().unwrap_or(&agent_id).as_str()),
    };
    let answer = Origin::new(By::Agent, asked.as_str());
    Ok(Some(match kind {
        0 => (origin, Command::CloseConversation { conversation_id }),
        1 => (answer, Command::AcceptOffer { conversation_id, agent_id: asked, offer }),
        2 => (answer, Command::DeclineOffer { conversation_id, agent_id: asked, offer }),
        3 => {
            let origin = Origin::new(By::Agent, agent_id.as_str());
            (origin, Command::ClaimConversation { conversation_id, agent_id })
        }
        4 => {
            let force = bytes.ratio(1, 3)?;
            (Origin::ROOT, Command::AssignConversation { conversation_id, agent_id, force })
        }
        5 => {
            let (agent_id, force) = (bytes.ratio(1, 2)?.then_some(agent_id), bytes.ratio(1, 5)?);
            let department_id =
                some(bytes, 5, |bytes| Ok(department_id(bytes.int_in_range(0..=2)?)))?;
            let to =
                Command::TransferConversation { conversation_id, department_id, agent_id, force };
            (origin, to)
        }
        _ => (origin, Command::ReopenConversation { conversation: Box::new(c.clone()) }),
    }))
}

/// Something so many times in eight.
fn some<'b, T>(
    bytes: &mut Bytes<'b>,
    in_eight: u8,
    draw: impl FnOnce(&mut Bytes<'b>) -> Result<T>,
) -> Result<Option<T>> {
    if bytes.ratio(in_eight, 8)? { draw(bytes).map(Some) } else { Ok(None) }
}

fn agent(bytes: &mut Bytes<'_>) -> Result<AgentId> {
    Ok(agent_id(bytes.int_in_range(0..=4)?))
}

fn visitor(bytes: &mut Bytes<'_>) -> Result<VisitorId> {
    Ok(format!("v{}", bytes.int_in_range(0..=3u8)?).into())
}

fn skills(bytes: &mut Bytes<'_>) -> Result<Vec<String>> {
    let set = bytes.int_in_range(0..=7u8)?;
    Ok((0..3).filter(|skill| set & 1 << skill != 0).map(|skill| format!("k{skill}")).collect())
}

fn key(bytes: &mut Bytes<'_>) -> Result<Key> {
    Ok(Key { key: (*bytes.choose(&["k", "l"])?).into(), fingerprint: bytes.int_in_range(0..=1)? })
}

fn agent_id(number: u8) -> AgentId {
    format!("a{number}").into()
}

fn department_id(number: u8) -> DepartmentId {
    format!("d{number}").into()
}

/// Each keeps to its own: the oracle remembers nothing for a policy that is to come.
fn sticky_ms(number: u8) -> u64 {
    [0, 2_000, 86_400_000][usize::from(number).min(2)]
}
