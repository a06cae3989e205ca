//! One line: what is asked, in the words of the scripts.

use std::fmt::Write as _;

use serde::Serialize;
use switchboard_routing::{
    Availability, By, Command, Config, DEFAULT_CAPACITY, Input, OpenConversation, Origin, Policy,
    Timestamp, Workspace,
};

use super::Devices;
use crate::node::THE_OPEN_OFFER;

/// A duration: `250ms`, `30s` or `5m`.
pub(super) fn ms(ms: u64) -> String {
    match ms {
        _ if ms > 0 && ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

/// A value as the language and the wire write it.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    if items.is_empty() { "none".into() } else { items.join(",") }
}

fn or_none<T>(value: Option<T>, say: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "none".into(), say)
}

/// The line of an input, asked of this workspace at this time; none: the language has no words
/// for it.
pub(super) fn line(
    (core, now): (&Workspace, u64),
    input: &Input,
    devices: &mut Devices,
) -> Option<String> {
    let lasting = |until: &Timestamp| ms(until.0.saturating_sub(now));
    let said = match &input.command {
        Command::CreateDepartment { department_id, policy, .. } => {
            format!("department {department_id}{}", policy_words(policy, &Policy::default()))
        }
        Command::UpdateDepartment { department_id, policy, .. } => {
            let before = core.department(department_id.as_str());
            let before = before.map(|d| d.policy.clone()).unwrap_or_default();
            format!("policy {department_id}{}", policy_words(policy, &before))
        }
        Command::SetDepartmentOpen { department_id, open } => {
            format!("{} {department_id}", if *open { "opens" } else { "closes" })
        }
        Command::DeleteDepartment { department_id } => format!("delete department {department_id}"),
        Command::Configure(config) => {
            format!("settings{}", config_words(config, core.config()))
        }
        Command::ReserveSeats { seats } => {
            // The language has one time for all of them; nobody asks for more than that here.
            let until = seats.first().map(|seat| lasting(&seat.until))?;
            let invites: Vec<_> = seats.iter().map(|seat| &seat.invite_id).collect();
            format!("invite {} for {until}", list(&invites))
        }
        Command::ExtendSeat { invite_id, until } => {
            format!("resend {invite_id} for {}", lasting(until))
        }
        Command::ReleaseSeat { invite_id } => format!("revoke {invite_id}"),
        Command::AddAgent { .. } | Command::UpdateAgent { .. } => agent(&input.command),
        Command::RemoveAgent { agent_id } => format!("remove {agent_id}"),
        Command::AddMember { department_id, agent_id } => {
            format!("join {agent_id} {department_id}")
        }
        Command::RemoveMember { department_id, agent_id } => {
            format!("leave {agent_id} {department_id}")
        }
        Command::Forget { visitor_id, key } => format!("forget {visitor_id} {key}"),
        Command::Recover => "recover".into(),
        Command::Tick => "at +0s".into(),
        _ => return deed(input, devices),
    };
    Some(said)
}

fn agent(command: &Command) -> String {
    let mut said = String::new();
    match command {
        Command::AddAgent { agent_id, role, capacity, skills, department_ids, invite_id } => {
            said += &format!("agent {agent_id}");
            if !department_ids.is_empty() {
                said += &format!(" in {}", list(department_ids));
            }
            if *capacity != DEFAULT_CAPACITY {
                said += &format!(" capacity={capacity}");
            }
            if !skills.is_empty() {
                said += &format!(" skills={}", list(skills));
            }
            if *role != Default::default() {
                said += &format!(" role={}", word(role));
            }
            if let Some(invite_id) = invite_id {
                said += &format!(" invite={invite_id}");
            }
        }
        Command::UpdateAgent { agent_id, role, capacity, skills, department_ids } => {
            said += &format!("change {agent_id}");
            for (key, value) in [
                ("capacity", capacity.map(|capacity| capacity.to_string())),
                ("skills", skills.as_ref().map(|skills| list(skills))),
                ("role", role.as_ref().map(word)),
                ("departments", department_ids.as_ref().map(|ids| list(ids))),
            ] {
                if let Some(value) = value {
                    said += &format!(" {key}={value}");
                }
            }
        }
        _ => {}
    }
    said
}

/// What people do, with who does it.
fn deed(input: &Input, devices: &mut Devices) -> Option<String> {
    let mut device = |id: &switchboard_routing::SessionId| {
        let (person, device) = devices.name(id.as_str());
        format!("{person} {device}")
    };
    let (said, says_who) = match &input.command {
        Command::AttachSession { session_id, .. } => {
            return Some(format!("connect {}", device(session_id)));
        }
        Command::LoseSession { session_id } => return Some(format!("lose {}", device(session_id))),
        Command::EndSession { session_id } => return Some(format!("end {}", device(session_id))),
        Command::HoldSession { session_id, hold_ms } => {
            return Some(format!("hold {} for {}", device(session_id), ms(*hold_ms)));
        }
        Command::ReportActivity { agent_id } => return Some(format!("active {agent_id}")),
        Command::SetAvailability { agent_id, availability } => {
            let says = if *availability == Availability::Online { "online" } else { "away" };
            (format!("{says} {agent_id}"), false)
        }
        Command::OpenConversation(open) => (opens(open), open_by_its_visitor(input, open)),
        Command::CloseConversation { conversation_id } => {
            (format!("close {conversation_id}"), false)
        }
        Command::ReopenConversation { conversation } => {
            (format!("reopen {}", conversation.id), false)
        }
        Command::AcceptOffer { conversation_id, agent_id, offer }
        | Command::DeclineOffer { conversation_id, agent_id, offer } => {
            let accepts = matches!(input.command, Command::AcceptOffer { .. });
            let what = if accepts { "accept" } else { "decline" };
            let late = if *offer == THE_OPEN_OFFER { "" } else { " late" };
            (format!("{what} {conversation_id} by {agent_id}{late}"), true)
        }
        Command::ClaimConversation { conversation_id, agent_id } => {
            (format!("claim {conversation_id} by {agent_id}"), true)
        }
        Command::AssignConversation { conversation_id, agent_id, force } => {
            (format!("assign {conversation_id} to {agent_id}{}", forced(*force)), false)
        }
        Command::TransferConversation { conversation_id, department_id, agent_id, force } => {
            let to = agent_id.as_ref().map(|id| format!(" to {id}")).unwrap_or_default();
            let within = department_id.as_ref().map(|id| format!(" in {id}")).unwrap_or_default();
            (format!("transfer {conversation_id}{within}{to}{}", forced(*force)), false)
        }
        _ => return None,
    };
    Some(said + &who(input, says_who, devices))
}

fn forced(force: bool) -> &'static str {
    if force { " force" } else { "" }
}

fn open_by_its_visitor(input: &Input, open: &OpenConversation) -> bool {
    input.origin == Origin::new(By::Visitor, open.visitor_id.as_str())
}

fn who(input: &Input, said: bool, devices: &mut Devices) -> String {
    let id = input.origin.by_id.as_deref().unwrap_or("nobody");
    let from = input.session.as_ref().map(|session| {
        let (_, device) = devices.name(session.as_str());
        format!(" from={device}")
    });
    let from = from.unwrap_or_default();
    match input.origin.by {
        _ if said => from,
        By::Root => String::new(),
        By::Agent | By::Visitor => format!(" by {id}{from}"),
        by => format!(" as {} {id}", word(&by)),
    }
}

fn opens(open: &OpenConversation) -> String {
    let mut said = format!("open {} by {}", open.conversation_id, open.visitor_id);
    if let Some(department) = &open.department_id {
        said += &format!(" in {department}");
    }
    if open.priority != 0 {
        said += &format!(" priority={}", open.priority);
    }
    if !open.skills.is_empty() {
        said += &format!(" skills={}", list(&open.skills));
    }
    if let Some(key) = &open.key {
        // The content is what the fingerprint is of: the language has words, not numbers.
        said += &format!(" key={} content=x{}", key.key, key.fingerprint);
    }
    said
}

/// The settings of which the two differ.
fn differing<const N: usize>(
    own: [(&'static str, String); N],
    others: [(&'static str, String); N],
) -> String {
    let differing = own.into_iter().zip(others).filter(|(own, other)| own != other);
    differing.fold(String::new(), |mut said, ((key, value), _)| {
        let _ = write!(said, " {key}={value}");
        said
    })
}

fn policy_words(policy: &Policy, before: &Policy) -> String {
    let words = |policy: &Policy| {
        let count = |most: Option<u32>| or_none(most, |most| most.to_string());
        let fallback = policy.fallback_department_id.as_ref();
        [
            ("strategy", word(&policy.strategy)),
            ("offer_timeout", or_none(policy.offer_timeout_ms, ms)),
            ("cooldown", ms(policy.decline_cooldown_ms)),
            ("on_unstaffed", word(&policy.on_unstaffed)),
            ("max_queue", count(policy.max_queue)),
            ("max_wait", or_none(policy.max_wait_ms, ms)),
            ("fallback", or_none(fallback, |id| id.to_string())),
            ("on_agent_lost", word(&policy.on_agent_lost)),
            ("grace", ms(policy.reconnect_grace_ms)),
            ("agent_capacity", count(policy.agent_capacity)),
            ("sticky", ms(policy.sticky_ms)),
            ("wrap_up", ms(policy.wrap_up_ms)),
            ("visitor_grace", ms(policy.visitor_grace_ms)),
        ]
    };
    differing(words(policy), words(before))
}

fn config_words(config: &Config, before: &Config) -> String {
    let words = |config: &Config| {
        let count = |most: Option<u32>| or_none(most, |most| most.to_string());
        let default = config.default_department_id.as_ref();
        [
            ("seats", count(config.limits.seats)),
            ("departments", count(config.limits.departments)),
            ("status", word(&config.status)),
            ("default", or_none(default, |id| id.to_string())),
            ("absent_away", or_none(config.absent_away_ms, ms)),
            ("idle_away", or_none(config.idle_away_ms, ms)),
            ("mobile_hold", ms(config.mobile_hold_ms)),
        ]
    };
    differing(words(config), words(before))
}
