//! What of which field is in a key; the reasons stand in the module above.

use switchboard_routing::Strategy;

use super::Facts;

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It is in as it is.
    Keep,
    /// It is left out.
    Drop,
    /// Only whether there is something.
    Whether,
    /// A moment that something began: how long ago, as far as that counts.
    Since,
    /// The same, of an agent who is missed; else it is left out.
    SinceMissed,
    /// A moment that is waited for: how far ahead.
    Until,
    /// A position or place: its rank among those of its kind.
    Rank(Kind),
    /// Of each visitor the latest.
    Latest,
    /// Sessions, but for those that nobody can tell from ones that never were.
    Known,
}

/// Numbers that are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Name,
    Place,
    Offer,
    Assigned,
    Active,
}

/// What becomes of a field of a structure.
pub(super) fn rule(facts: Facts, of: &str, field: &str) -> Rule {
    let only = |is: bool, rule: Rule| if is { rule } else { Rule::Drop };
    match (of, field) {
        ("Snapshot", "version" | "position" | "epoch" | "clock") => Rule::Drop,
        ("Snapshot", "created_at" | "config" | "next_place") => Rule::Drop,
        ("Snapshot", "returning") => only(facts.returns, Rule::Latest),
        ("Snapshot", "sessions") => Rule::Known,
        ("Snapshot", "gone") => only(facts.waits_end, Rule::Since),
        ("DepartmentState", "name" | "policy" | "created_at") => Rule::Drop,
        ("DepartmentState", "turn") => only(facts.strategy == Strategy::RoundRobin, Rule::Keep),
        ("AgentState", "availability_by") => Rule::Drop,
        ("AgentState", "availability_since") => only(facts.sets_away, Rule::Since),
        ("AgentState", "active_at") => only(facts.idles, Rule::Since),
        ("AgentState", "present_since") if facts.sets_away => Rule::Since,
        ("AgentState", "present_since") => Rule::SinceMissed,
        ("AgentState", "last_assigned") => {
            only(facts.strategy == Strategy::LeastBusy, Rule::Rank(Kind::Assigned))
        }
        ("AgentState", "last_active") => {
            only(facts.strategy == Strategy::LongestIdle, Rule::Rank(Kind::Active))
        }
        ("WrapUpState" | "CoolingState" | "Pause", "until") => Rule::Until,
        ("Offer", "expires_at") => Rule::Until,
        ("Offer", "number") => Rule::Rank(Kind::Offer),
        ("SessionEntry", "held") => Rule::Until,
        ("SessionEntry", "lost") => Rule::Whether,
        ("ReturningState", "closed_at") => Rule::Since,
        ("ReturningState", "position") => Rule::Drop,
        ("Conversation", "id") if facts.alike => Rule::Rank(Kind::Name),
        ("CoolingState", "conversation_id") if facts.alike => Rule::Rank(Kind::Name),
        ("Conversation", "visitor_id") if facts.alike => Rule::Drop,
        ("Conversation", "revision" | "number" | "assignment" | "waited_ms") => Rule::Drop,
        ("Conversation", "opened_at" | "assigned_at" | "closed_at" | "closed_by") => Rule::Drop,
        ("Conversation", "place") => Rule::Rank(Kind::Place),
        ("Conversation", "last_agent_id") => only(facts.reopens, Rule::Keep),
        ("Conversation", "queued_at") if facts.waits_end => Rule::Since,
        ("Conversation", "queued_at") => Rule::Drop,
        _ => Rule::Keep,
    }
}
