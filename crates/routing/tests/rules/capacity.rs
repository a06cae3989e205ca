//! Capacity: an agent's over all departments, and a department's on one agent.

use switchboard_routing::*;

use crate::script::check;

#[test]
fn an_agent_never_gets_more_than_its_capacity() {
    check(
        "department sales
         staff ann in sales capacity=2
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 queued in sales at 1",
    );
}

#[test]
fn capacity_is_over_all_departments() {
    check(
        "department sales
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support",
        "c1 assigned to ann (routed)
         c2 queued in support at 1",
    );
}

#[test]
fn a_capacity_of_none_is_allowed() {
    check(
        "department sales on_unstaffed=reject
         staff ann in sales capacity=0
         open c1 by v1 in sales      # she is there: staffed
         change ann capacity=1",
        "c1 queued in sales at 1
         c1 assigned to ann (routed)",
    );
}

#[test]
fn a_departments_capacity_counts_its_own_conversations_alone() {
    check(
        "department sales agent_capacity=1
         department support
         staff ann in sales,support capacity=3
         open c1 by v1 in support
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in support
         ? ann",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 queued in sales at 1
         c4 assigned to ann (routed)
         ann online present with c1 c2 c4",
    );
}

#[test]
fn losing_capacity_takes_nothing_away() {
    check(
        "department sales
         staff ann in sales capacity=2
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         change ann capacity=1
         ? ann
         close c1                    # down to one: still full
         close c2",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 queued in sales at 1
         ann online present with c1 c2
         c1 closed by root
         c2 closed by root
         c3 assigned to ann (routed)",
    );
}

#[test]
fn a_lower_department_capacity_takes_nothing_away() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         policy sales agent_capacity=1
         open c3 by v3 in sales
         close c1
         ? ann",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 queued in sales at 1
         c1 closed by root
         ann online present with c2",
    );
}

#[test]
fn losing_the_membership_takes_nothing_away() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         leave ann sales
         ? ann
         close c1 by ann",
        "c1 assigned to ann (routed)
         ann online present with c1
         c1 closed by agent",
    );
}

/// Ids of 1 000 opens; the agents of each, as the events say.
fn thousand_opens(strategy: &str, agents: usize, capacity: usize) -> Vec<(String, String)> {
    let mut workspace = Workspace::new(1);
    let mut out = Vec::new();
    let mut ask = |command| {
        workspace.handle(Timestamp(1), Input::new(Origin::ROOT, command), &mut out).unwrap();
    };
    let policy = format!("{{\"strategy\":\"{strategy}\"}}");
    ask(Command::CreateDepartment {
        department_id: "sales".into(),
        name: "Sales".into(),
        policy: Box::new(serde_json::from_str(&policy).unwrap()),
    });
    for number in 0..agents {
        let agent_id: AgentId = format!("a{number}").into();
        ask(Command::AddAgent {
            agent_id: agent_id.clone(),
            role: Role::Agent,
            capacity: capacity as u32,
            skills: vec![],
            department_ids: vec!["sales".into()],
            invite_id: None,
        });
        let availability = Availability::Online;
        ask(Command::SetAvailability { agent_id: agent_id.clone(), availability });
        let session_id = format!("s{number}").into();
        ask(Command::AttachSession { session_id, person: Person::Agent(agent_id) });
    }
    for number in 0..1_000 {
        ask(Command::OpenConversation(OpenConversation {
            conversation_id: format!("c{number}").into(),
            visitor_id: format!("v{number}").into(),
            department_id: None,
            priority: 0,
            skills: vec![],
            key: None,
        }));
    }
    assert_eq!(workspace.conversation_count(), 1_000);
    assert!(workspace.agents().all(|agent| agent.load() as usize <= capacity));
    out.iter().filter_map(assignment).collect()
}

fn assignment(output: &Output) -> Option<(String, String)> {
    let Output::Event(record) = output else { return None };
    match &record.event {
        Event::ConversationAssigned { conversation_id, agent_id, .. } => {
            Some((conversation_id.to_string(), agent_id.to_string()))
        }
        _ => None,
    }
}

#[test]
fn a_thousand_opens_fill_every_agent_and_no_agent_twice() {
    for strategy in ["least_busy", "round_robin", "longest_idle"] {
        for (agents, capacity) in [(1, 1), (7, 3), (50, 20), (100, 11), (1_000, 2)] {
            let mut assigned = thousand_opens(strategy, agents, capacity);
            let expected = (agents * capacity).min(1_000);
            assert_eq!(assigned.len(), expected, "{strategy}, {agents} of {capacity}");
            assigned.sort_unstable();
            assigned.dedup_by(|a, b| a.0 == b.0);
            assert_eq!(assigned.len(), expected, "nothing is assigned twice");
            if agents * capacity > 1_000 {
                continue;
            }
            for number in 0..agents {
                let agent = format!("a{number}");
                assert_eq!(assigned.iter().filter(|(_, a)| *a == agent).count(), capacity);
            }
        }
    }
}
