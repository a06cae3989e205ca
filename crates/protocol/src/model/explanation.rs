//! Why a conversation is where it is: what routing decided about it, and what it waits for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AssignmentCause, ConversationState, Strategy};
use crate::wire_enum::wire_enum;

wire_enum! {
    /// What a decision made of a member of the department: the first that applied.
    pub enum CandidateReason {
        /// It was taken.
        Chosen = "chosen",
        /// It could have been taken; somebody else came first.
        RankedLower = "ranked_lower",
        /// Its device is asleep: those who are awake come first.
        Held = "held",
        /// It said that it is away.
        Away = "away",
        /// It was not there.
        Absent = "absent",
        /// The department was closed.
        DepartmentClosed = "department_closed",
        /// It held as many conversations as it may.
        AtCapacity = "at_capacity",
        /// It held as many of this department's as it may.
        AtDepartmentCapacity = "at_department_capacity",
        /// It had not all the skills asked for.
        MissingSkill = "missing_skill",
        /// It had given this conversation away just before.
        Giver = "giver",
        /// It had declined or missed this conversation just before.
        CoolingDown = "cooling_down",
    }
}

wire_enum! {
    /// What would have to happen for an agent to take a conversation that waits.
    pub enum Need {
        /// It says that it is online.
        ComeOnline = "come_online",
        /// It connects.
        ComeBack = "come_back",
        /// It closes one of its conversations, of this department where that is what is full.
        Close = "close",
        /// What it closed last counts no longer: it rests by itself.
        Rest = "rest",
        /// It is given room: its capacity, or its share of the department, allows none at all.
        HaveRoom = "have_room",
        /// The pause after declining, missing or giving away is over.
        CoolDown = "cool_down",
        /// It answers the offer that it has.
        Answer = "answer",
    }
}

/// How a conversation was routed, and what it waits for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The conversation.
    pub conversation_id: String,
    /// Where it is in its life.
    pub state: ConversationState,
    /// What was decided about it, oldest first. Decisions are kept for a while only: the oldest
    /// ones may be gone.
    pub decisions: Vec<Decision>,
    /// What would release it: any one of these agents, in joining order; where the department is
    /// closed, its opening before that. Null where it does not wait; offered, it waits for the
    /// answer.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub waiting_for: Option<Vec<WaitsFor>>,
}

/// One decision: who took the conversation, or that nobody did, and why not the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The offset of the event that it led to.
    pub offset: u64,
    /// When.
    pub at: u64,
    /// In which department.
    pub department_id: String,
    /// How a conversation that is given so comes to its agent. Of one that was offered, what it
    /// would have been without asking.
    pub cause: AssignmentCause,
    /// The department's strategy then.
    pub strategy: Strategy,
    /// Who was taken, or asked; null: nobody, so that it waits or was rejected.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub chosen_agent_id: Option<String>,
    /// Members of the department, at most 50: in the order of the strategy, then those who could
    /// not be taken.
    pub candidates: Vec<Candidate>,
    /// The other members, counted by reason.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub left_out: BTreeMap<CandidateReason, u32>,
}

/// A member of the department, in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// Who.
    pub agent_id: String,
    /// How many conversations counted against its capacity, just before.
    pub load: u32,
    /// How many may.
    pub capacity: u32,
    /// Its place in the order of the strategy, from 1; null: it could not be taken.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub rank: Option<u32>,
    /// What was made of it.
    pub reason: CandidateReason,
}

/// Somebody, or something, that would release a conversation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WaitsFor {
    /// This agent.
    Agent {
        /// Who.
        agent_id: String,
        /// What it would have to do.
        need: Need,
        /// When that is, where it is known: the end of a rest or a pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u64>,
    },
    /// More agents than are named, all in the same need.
    Agents {
        /// What any of them would have to do.
        need: Need,
        /// How many they are.
        count: u32,
    },
    /// The department is closed: its opening.
    Opening {
        /// When that is, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u64>,
    },
    /// No member has these skills: somebody who has.
    Skills {
        /// What is asked for.
        skills: Vec<String>,
    },
    /// The department has no members: anybody.
    Members,
    /// Something younger than this program. Read, never written.
    #[serde(other, skip_serializing)]
    Other,
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn what_is_waited_for_says_what_it_is() {
        let agent = |need, at| WaitsFor::Agent { agent_id: "ann".to_owned(), need, at };
        for (waits_for, expected) in [
            (
                agent(Need::ComeOnline, None),
                json!({"what": "agent", "agent_id": "ann", "need": "come_online"}),
            ),
            (
                agent(Need::CoolDown, Some(7)),
                json!({"what": "agent", "agent_id": "ann", "need": "cool_down", "at": 7}),
            ),
            (
                WaitsFor::Agents { need: Need::Close, count: 3 },
                json!({"what": "agents", "need": "close", "count": 3}),
            ),
            (WaitsFor::Opening { at: None }, json!({"what": "opening"})),
            (WaitsFor::Opening { at: Some(7) }, json!({"what": "opening", "at": 7})),
            (
                WaitsFor::Skills { skills: vec!["german".to_owned()] },
                json!({"what": "skills", "skills": ["german"]}),
            ),
            (WaitsFor::Members, json!({"what": "members"})),
        ] {
            assert_eq!(to_value(&waits_for).unwrap(), expected);
            assert_eq!(from_value::<WaitsFor>(expected).unwrap(), waits_for);
        }
    }

    #[test]
    fn what_is_younger_than_its_reader_is_read() {
        let moon = json!({"what": "full_moon", "at": 7});
        assert_eq!(from_value::<WaitsFor>(moon).unwrap(), WaitsFor::Other);
        let left_out = json!({"away": 2, "asleep": 1});
        let left_out: BTreeMap<CandidateReason, u32> = from_value(left_out).unwrap();
        assert_eq!(left_out[&CandidateReason::Other], 1);
        let text = to_value(BTreeMap::from([(CandidateReason::AtCapacity, 1)])).unwrap();
        assert_eq!(text, json!({"at_capacity": 1}));
    }
}
