//! From the words of a script to commands.

use switchboard_routing::*;

use crate::script::Line;

/// The input that a line asks for.
pub(crate) fn input(workspace: &Workspace, now: u64, line: &Line<'_>) -> Input {
    let origin = match line.after("by") {
        _ if line.has("as") => Origin::new(written(line.at_end(1)), line.at_end(0)),
        Some(who) if matches!(person(who), Person::Visitor(_)) => Origin::new(By::Visitor, who),
        Some(who) => Origin::new(By::Agent, who),
        None => Origin::ROOT,
    };
    let session = line.set("from").zip(line.after("by")).map(|(device, who)| session(who, device));
    Input { origin, session, command: command(workspace, now, line) }
}

fn command(workspace: &Workspace, now: u64, line: &Line<'_>) -> Command {
    let (first, second) = (line.at(1), line.at(2));
    match line.at(0) {
        "department" => Command::CreateDepartment {
            department_id: first.into(),
            name: first.into(),
            policy: Box::new(policy(Policy::default(), line)),
        },
        "policy" => Command::UpdateDepartment {
            department_id: first.into(),
            name: first.into(),
            policy: Box::new(policy(written_policy(workspace, first), line)),
        },
        "opens" => Command::SetDepartmentOpen { department_id: first.into(), open: true },
        "closes" => Command::SetDepartmentOpen { department_id: first.into(), open: false },
        "delete" => Command::DeleteDepartment { department_id: second.into() },
        "agent" => Command::AddAgent {
            agent_id: first.into(),
            role: line.set("role").map(role).unwrap_or_default(),
            capacity: line.set("capacity").map_or(DEFAULT_CAPACITY, number),
            skills: list(line.set("skills")),
            department_ids: list(line.after("in")),
            invite_id: line.set("invite").map(Into::into),
        },
        "invite" => Command::ReserveSeats { seats: seats(now, line) },
        "resend" => Command::ExtendSeat { invite_id: first.into(), until: until(now, line) },
        "revoke" => Command::ReleaseSeat { invite_id: first.into() },
        "change" => Command::UpdateAgent {
            agent_id: first.into(),
            role: line.set("role").map(role),
            capacity: line.set("capacity").map(number),
            skills: line.set("skills").map(|skills| list(Some(skills))),
            department_ids: line.set("departments").map(|ids| list(Some(ids))),
        },
        "remove" => Command::RemoveAgent { agent_id: first.into() },
        "join" => Command::AddMember { agent_id: first.into(), department_id: second.into() },
        "leave" => Command::RemoveMember { agent_id: first.into(), department_id: second.into() },
        "online" => says(first, Availability::Online),
        "away" => says(first, Availability::Away),
        "connect" => {
            Command::AttachSession { session_id: session(first, second), person: person(first) }
        }
        "lose" => Command::LoseSession { session_id: session(first, second) },
        "end" => Command::EndSession { session_id: session(first, second) },
        "open" => Command::OpenConversation(open(line)),
        "close" => Command::CloseConversation { conversation_id: first.into() },
        "hold" => Command::HoldSession {
            session_id: session(first, second),
            hold_ms: ms(line.after("for").expect("for how long")),
        },
        "active" => Command::ReportActivity { agent_id: first.into() },
        "accept" => Command::AcceptOffer {
            conversation_id: first.into(),
            agent_id: line.after("by").expect("somebody accepts").into(),
            offer: offer(workspace, line),
        },
        "decline" => Command::DeclineOffer {
            conversation_id: first.into(),
            agent_id: line.after("by").expect("somebody declines").into(),
            offer: offer(workspace, line),
        },
        "claim" => Command::ClaimConversation {
            conversation_id: first.into(),
            agent_id: line.after("by").expect("somebody claims").into(),
        },
        "assign" => Command::AssignConversation {
            conversation_id: first.into(),
            agent_id: line.after("to").expect("to somebody").into(),
            force: line.has("force"),
        },
        "transfer" => Command::TransferConversation {
            conversation_id: first.into(),
            department_id: line.after("in").map(Into::into),
            agent_id: line.after("to").map(Into::into),
            force: line.has("force"),
        },
        "forget" => Command::Forget { visitor_id: first.into(), key: second.into() },
        "recover" => Command::Recover,
        "limits" | "default" | "suspend" | "settings" => {
            Command::Configure(Box::new(config(workspace, line)))
        }
        unknown => panic!("no such step: {unknown}"),
    }
}

/// The seats that a line asks to be held, all until the same moment.
fn seats(now: u64, line: &Line<'_>) -> Vec<SeatReservation> {
    let named = Some(line.at(1)).filter(|named| *named != "nobody");
    let invites: Vec<InviteId> = list(named);
    let until = until(now, line);
    invites.into_iter().map(|invite_id| SeatReservation { invite_id, until }).collect()
}

fn until(now: u64, line: &Line<'_>) -> Timestamp {
    Timestamp(now).plus_ms(ms(line.after("for").expect("for how long")))
}

fn open(line: &Line<'_>) -> OpenConversation {
    let content = line.set("content").unwrap_or_default();
    let fingerprint = content.bytes().fold(7, |sum: u64, byte| sum * 31 + u64::from(byte));
    OpenConversation {
        conversation_id: line.at(1).into(),
        visitor_id: line.after("by").expect("somebody opens it").into(),
        department_id: line.after("in").map(Into::into),
        priority: line.set("priority").map_or(0, |text| text.parse().unwrap()),
        skills: list(line.set("skills")),
        key: line.set("key").map(|key| Key { key: key.into(), fingerprint }),
    }
}

fn config(workspace: &Workspace, line: &Line<'_>) -> Config {
    let mut config = workspace.config().clone();
    match line.at(0) {
        "default" => config.default_department_id = Some(line.at(1).into()),
        "suspend" => config.status = Status::Suspended,
        "settings" => {
            line.settings().for_each(|(key, value)| set(&mut config, key, value));
        }
        _ => {
            config.limits.seats = line.set("seats").map(number);
            config.limits.departments = line.set("departments").map(number);
        }
    }
    config
}

fn set(config: &mut Config, key: &str, value: &str) {
    match key {
        "absent_away" => config.absent_away_ms = unless_none(value, ms),
        "idle_away" => config.idle_away_ms = unless_none(value, ms),
        "mobile_hold" => config.mobile_hold_ms = ms(value),
        "seats" => config.limits.seats = unless_none(value, number),
        "departments" => config.limits.departments = unless_none(value, number),
        "default" => config.default_department_id = unless_none(value, Into::into),
        "status" => config.status = written(value),
        unknown => panic!("no such setting: {unknown}"),
    }
}

/// The policy of a department; of one that there is not: as it would be created.
fn written_policy(workspace: &Workspace, department: &str) -> Policy {
    workspace.department(department).map(|d| d.policy.clone()).unwrap_or_default()
}

fn unless_none<'a, T>(text: &'a str, read: impl Fn(&'a str) -> T) -> Option<T> {
    (text != "none").then(|| read(text))
}

fn policy(mut policy: Policy, line: &Line<'_>) -> Policy {
    for (key, value) in line.settings() {
        match key {
            "strategy" => policy.strategy = written(value),
            "on_unstaffed" => policy.on_unstaffed = written(value),
            "on_agent_lost" => policy.on_agent_lost = written(value),
            "max_queue" => policy.max_queue = unless_none(value, number),
            "agent_capacity" => policy.agent_capacity = unless_none(value, number),
            "fallback" => policy.fallback_department_id = unless_none(value, Into::into),
            "grace" => policy.reconnect_grace_ms = ms(value),
            "offer_timeout" => policy.offer_timeout_ms = unless_none(value, ms),
            "cooldown" => policy.decline_cooldown_ms = ms(value),
            "max_wait" => policy.max_wait_ms = unless_none(value, ms),
            "sticky" => policy.sticky_ms = ms(value),
            "wrap_up" => policy.wrap_up_ms = ms(value),
            "visitor_grace" => policy.visitor_grace_ms = ms(value),
            unknown => panic!("no such policy: {unknown}"),
        }
    }
    policy
}

/// The number of the offer that is open, or another one.
fn offer(workspace: &Workspace, line: &Line<'_>) -> u64 {
    let open = workspace.conversation(line.at(1)).and_then(|c| c.offer.as_ref());
    match (open, line.has("late")) {
        (Some(offer), false) => offer.number,
        _ => 0,
    }
}

fn says(agent: &str, availability: Availability) -> Command {
    Command::SetAvailability { agent_id: agent.into(), availability }
}

fn written<T: serde::de::DeserializeOwned>(word: &str) -> T {
    serde_json::from_str(&format!("\"{word}\"")).unwrap()
}

fn role(word: &str) -> Role {
    written(word)
}

fn number(text: &str) -> u32 {
    text.parse().unwrap()
}

fn list<T: for<'a> From<&'a str>>(words: Option<&str>) -> Vec<T> {
    words
        .into_iter()
        .flat_map(|words| words.split(','))
        .filter(|w| *w != "none")
        .map(T::from)
        .collect()
}

/// `250ms`, `30s` or `5m`.
pub(crate) fn ms(text: &str) -> u64 {
    let (digits, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1_000),
        _ => (text.strip_suffix('m').expect("a duration"), 60_000),
    };
    digits.parse::<u64>().unwrap() * scale
}

fn person(who: &str) -> Person {
    match who.strip_prefix('v') {
        Some(rest) if rest.parse::<u32>().is_ok() => Person::Visitor(who.into()),
        _ => Person::Agent(who.into()),
    }
}

fn session(who: &str, device: &str) -> SessionId {
    format!("{who}/{device}").into()
}
