//! What is to be otherwise in a rerun, as it is written on the command line.
//!
//! ```text
//! alternative = setting {"," setting}
//! setting     = [scope "."] name "=" value
//! scope       = the id of a department or of an agent, where both have it: "department:ID", "agent:ID"
//! ```
//!
//! Owns the words and what they may be. Whom a scope means, a recording says: [`super::Cast`].

use std::{fmt, str::FromStr};

use switchboard_protocol::model;
use switchboard_routing::MAX_CAPACITY;

/// The most agents that one setting adds.
pub const MAX_ADDED: u32 = 1_000;

/// One alternative: what is to be otherwise, all at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// As it was written.
    pub text: String,
    /// The settings, in order: a later one wins.
    pub settings: Vec<Setting>,
}

/// One thing that is to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// For whom; none: for all.
    pub scope: Option<Scope>,
    /// What.
    pub what: Otherwise,
}

/// For whom something is to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The agent or department with this id.
    Either(String),
    /// This agent.
    Agent(String),
    /// This department.
    Department(String),
}

/// What is to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// A department's policy.
    Policy(Rule),
    /// How many conversations agents hold at once.
    Capacity(u32),
    /// So many agents more.
    Hire(u32),
    /// This agent is not there.
    Dismiss(String),
}

/// One field of a policy. Durations are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields of [`model::Policy`]
pub enum Rule {
    Strategy(model::Strategy),
    OfferTimeout(Option<u64>),
    DeclineCooldown(u64),
    OnUnstaffed(model::OnUnstaffed),
    MaxQueue(Option<u64>),
    MaxWait(Option<u64>),
    ReconnectGrace(u64),
    AgentCapacity(Option<u32>),
    Sticky(u64),
    WrapUp(u64),
}

impl Rule {
    /// Makes a policy so.
    pub fn apply(self, policy: &mut model::Policy) {
        match self {
            Self::Strategy(strategy) => policy.strategy = strategy,
            Self::OfferTimeout(timeout) => policy.offer_timeout_ms = timeout,
            Self::DeclineCooldown(cooldown) => policy.decline_cooldown_ms = cooldown,
            Self::OnUnstaffed(what) => policy.on_unstaffed = what,
            Self::MaxQueue(most) => policy.max_queue = most,
            Self::MaxWait(longest) => policy.max_wait_ms = longest,
            Self::ReconnectGrace(grace) => policy.reconnect_grace_ms = grace,
            Self::AgentCapacity(most) => policy.agent_capacity = most,
            Self::Sticky(sticky) => policy.sticky_ms = sticky,
            Self::WrapUp(wrap_up) => policy.wrap_up_ms = wrap_up,
        }
    }
}

/// Why something is no alternative.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlternativeError {
    /// A part of it is no setting.
    #[error("`{0}` is no setting: write name=value, say strategy=longest_idle or sales.capacity=3")]
    NoSetting(String),
    /// It sets something that there is not.
    #[error("there is no setting `{0}`: there are {NAMES}")]
    UnknownName(String),
    /// A value is not what its setting takes.
    #[error("`{value}` is nothing for {name}: it takes {takes}")]
    BadValue {
        /// The setting.
        name: String,
        /// What was written.
        value: String,
        /// What it takes.
        takes: &'static str,
    },
    /// A value is out of the policy's range.
    #[error("{0}")]
    OutOfRange(String),
    /// Only departments have that, or only agents.
    #[error("{name} is not set for {scope}")]
    WrongScope {
        /// The setting.
        name: String,
        /// For whom it was.
        scope: String,
    },
    /// The recording knows nobody of that id.
    #[error("the recording has no {kind} `{id}`: there are {known}")]
    UnknownId {
        /// Agent, department, or either.
        kind: &'static str,
        /// Which.
        id: String,
        /// Whom it has.
        known: String,
    },
    /// An agent and a department have the same id.
    #[error("`{0}` is an agent and a department: write agent:{0} or department:{0}")]
    Ambiguous(String),
    /// There is nobody who could be like those who are added.
    #[error("`{0}`: no agent is online in the recording there whom a new one could be like")]
    NobodyToCopy(String),
}

/// Every name.
const NAMES: &str = "strategy, offer_timeout, decline_cooldown, on_unstaffed, max_queue, max_wait, \
    reconnect_grace, agent_capacity, sticky, wrap_up, capacity, agents";

const DURATION: &str = "a duration with its unit, say 500ms, 30s, 2m or 1h";
const DURATION_OR_NONE: &str = "a duration with its unit, say 500ms, 30s, 2m or 1h, or none";
const COUNT_OR_NONE: &str = "a count, or none";

impl FromStr for Alternative {
    type Err = AlternativeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let settings = text.split(',').map(setting).collect::<Result<Vec<_>, _>>()?;
        let mut policy = model::Policy::default();
        for setting in &settings {
            if let Otherwise::Policy(rule) = setting.what {
                rule.apply(&mut policy);
            }
        }
        match policy.validate() {
            Ok(()) => Ok(Self { text: text.trim().to_owned(), settings }),
            Err(error) => Err(AlternativeError::OutOfRange(error.to_string())),
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Either(id) => write!(f, "`{id}`"),
            Self::Agent(id) => write!(f, "the agent `{id}`"),
            Self::Department(id) => write!(f, "the department `{id}`"),
        }
    }
}

fn setting(text: &str) -> Result<Setting, AlternativeError> {
    let no_setting = || AlternativeError::NoSetting(text.trim().to_owned());
    let (target, value) = text.split_once('=').ok_or_else(no_setting)?;
    let (scope, name) = match target.trim().rsplit_once('.') {
        Some((scope, name)) => (Some(scope.trim()), name.trim()),
        None => (None, target.trim()),
    };
    if scope.is_some_and(str::is_empty) || name.is_empty() {
        return Err(no_setting());
    }
    let scope = scope.map(|scope| match scope.split_once(':') {
        Some(("agent", id)) => Scope::Agent(id.to_owned()),
        Some(("department", id)) => Scope::Department(id.to_owned()),
        _ => Scope::Either(scope.to_owned()),
    });
    let what = otherwise(name, value.trim())?;
    let misses = match &scope {
        Some(Scope::Agent(_)) => !matches!(what, Otherwise::Capacity(_)),
        Some(_) => matches!(what, Otherwise::Dismiss(_)),
        None => false,
    };
    match scope {
        Some(scope) if misses => {
            Err(AlternativeError::WrongScope { name: name.to_owned(), scope: scope.to_string() })
        }
        scope => Ok(Setting { scope, what }),
    }
}

fn otherwise(name: &str, value: &str) -> Result<Otherwise, AlternativeError> {
    let bad = |takes| AlternativeError::BadValue {
        name: name.to_owned(),
        value: value.to_owned(),
        takes,
    };
    // The policy's own names are understood too.
    let plain = name.strip_suffix("_ms").unwrap_or(name);
    let in_ms = plain != name;
    let duration = |takes| duration(value, in_ms).ok_or_else(|| bad(takes));
    let or_none = |takes| (value != "none").then(|| duration(takes)).transpose();
    let rule = match plain {
        "strategy" => Rule::Strategy(
            value.parse().map_err(|_| bad("least_busy, round_robin or longest_idle"))?,
        ),
        "on_unstaffed" => {
            Rule::OnUnstaffed(value.parse().map_err(|_| bad("queue, reject or fallback"))?)
        }
        "offer_timeout" => Rule::OfferTimeout(or_none(DURATION_OR_NONE)?),
        "max_wait" => Rule::MaxWait(or_none(DURATION_OR_NONE)?),
        "decline_cooldown" => Rule::DeclineCooldown(duration(DURATION)?),
        "reconnect_grace" => Rule::ReconnectGrace(duration(DURATION)?),
        "sticky" => Rule::Sticky(duration(DURATION)?),
        "wrap_up" => Rule::WrapUp(duration(DURATION)?),
        "max_queue" => Rule::MaxQueue(count_or_none(value).ok_or_else(|| bad(COUNT_OR_NONE))?),
        "agent_capacity" => {
            Rule::AgentCapacity(count_or_none(value).ok_or_else(|| bad(COUNT_OR_NONE))?)
        }
        "capacity" => {
            let capacity = value.parse().ok().filter(|capacity| *capacity <= MAX_CAPACITY);
            return capacity.map(Otherwise::Capacity).ok_or_else(|| bad("0 to 10000"));
        }
        "agents" => return staffing(value).ok_or_else(|| bad("+N, or - and an agent's id")),
        _ => return Err(AlternativeError::UnknownName(name.to_owned())),
    };
    Ok(Otherwise::Policy(rule))
}

fn staffing(value: &str) -> Option<Otherwise> {
    if let Some(id) = value.strip_prefix('-') {
        return (!id.is_empty()).then(|| Otherwise::Dismiss(id.to_owned()));
    }
    let many = value.strip_prefix('+')?.parse().ok()?;
    (1..=MAX_ADDED).contains(&many).then_some(Otherwise::Hire(many))
}

fn count_or_none<N: FromStr>(value: &str) -> Option<Option<N>> {
    if value == "none" {
        return Some(None);
    }
    value.parse().ok().map(Some)
}

/// Milliseconds; bare digits only where the name says that they are that, or for nothing at all.
fn duration(text: &str, in_ms: bool) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" if in_ms || digits == "0" => 1,
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<Setting> {
        text.parse::<Alternative>().unwrap().settings
    }

    fn refused(text: &str) -> String {
        text.parse::<Alternative>().unwrap_err().to_string()
    }

    #[test]
    fn every_setting_is_understood() {
        for (text, what) in [
            ("strategy=longest_idle", Rule::Strategy(model::Strategy::LongestIdle)),
            ("offer_timeout=none", Rule::OfferTimeout(None)),
            ("offer_timeout_ms=3000", Rule::OfferTimeout(Some(3_000))),
            ("offer_timeout=2m", Rule::OfferTimeout(Some(120_000))),
            ("decline_cooldown=0", Rule::DeclineCooldown(0)),
            ("on_unstaffed=reject", Rule::OnUnstaffed(model::OnUnstaffed::Reject)),
            ("max_queue=5", Rule::MaxQueue(Some(5))),
            ("max_wait=1h", Rule::MaxWait(Some(3_600_000))),
            ("reconnect_grace=500ms", Rule::ReconnectGrace(500)),
            ("agent_capacity=none", Rule::AgentCapacity(None)),
            ("sticky=1s", Rule::Sticky(1_000)),
            ("wrap_up=30s", Rule::WrapUp(30_000)),
        ] {
            let expected = Setting { scope: None, what: Otherwise::Policy(what) };
            assert_eq!(parsed(text), [expected], "{text}");
        }
        let staffing = parsed(" agents=+2 , agents=-ada,sales.agents=+1, agent:x.capacity = 3");
        let expected = [
            (None, Otherwise::Hire(2)),
            (None, Otherwise::Dismiss("ada".into())),
            (Some(Scope::Either("sales".into())), Otherwise::Hire(1)),
            (Some(Scope::Agent("x".into())), Otherwise::Capacity(3)),
        ];
        assert_eq!(staffing, expected.map(|(scope, what)| Setting { scope, what }));
    }

    #[test]
    fn what_is_no_alternative_is_named() {
        for (text, why) in [
            ("", "`` is no setting"),
            ("strategy", "`strategy` is no setting"),
            ("=3", "is no setting"),
            (".capacity=3", "is no setting"),
            ("capacity=3,,wrap_up=1s", "`` is no setting"),
            ("stratgy=round_robin", "there is no setting `stratgy`: there are strategy, offer_t"),
            ("strategy=random", "`random` is nothing for strategy: it takes least_busy, round"),
            ("strategy=other", "it takes least_busy"),
            ("wrap_up=30", "`30` is nothing for wrap_up: it takes a duration with its unit"),
            ("wrap_up=none", "a duration with its unit"),
            ("wrap_up=99999999999999999999h", "a duration"),
            ("wrap_up=9999999999h", "wrap_up_ms: not in"),
            ("offer_timeout=1ms", "offer_timeout_ms: not in 100 … 3600000"),
            ("capacity=-1", "it takes 0 to 10000"),
            ("capacity=10001", "it takes 0 to 10000"),
            ("agents=2", "it takes +N, or - and an agent's id"),
            ("agents=+0", "it takes +N"),
            ("agents=-", "it takes +N"),
            ("sales.agents=-ada", "agents is not set for `sales`"),
            ("agent:ada.strategy=round_robin", "strategy is not set for the agent `ada`"),
        ] {
            assert!(refused(text).contains(why), "{text}: {}", refused(text));
        }
    }
}
