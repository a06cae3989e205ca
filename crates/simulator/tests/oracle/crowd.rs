//! A department with more members than a decision names.

use proptest::{bool::weighted, collection::vec, prelude::*};
use switchboard_routing::{
    AgentId, Availability, Command, Config, Origin, Person, Role, SessionId,
};

use crate::{
    commands::{Step, skills, step},
    policies::policy,
};

/// Few are as many as are named, or one more.
const MEMBERS: std::ops::Range<usize> = 49..60;

/// Mostly there, and able to take something.
#[derive(Clone, Debug)]
struct Member {
    capacity: u32,
    skills: Vec<String>,
    online: bool,
    here: bool,
    sleeps: bool,
}

fn member() -> impl Strategy<Value = Member> {
    let capacity = prop_oneof![1 => Just(0u32), 12 => Just(1), 4 => Just(2)];
    let states = (weighted(0.9), weighted(0.9), weighted(0.2));
    (capacity, skills(), states).prop_map(|(capacity, skills, (online, here, sleeps))| Member {
        capacity,
        skills,
        online,
        here,
        sleeps,
    })
}

fn join((number, member): (usize, Member)) -> Vec<Command> {
    let agent_id = AgentId::from(format!("a{number}"));
    let session_id = SessionId::from(format!("a{number}/0"));
    let person = Person::Agent(agent_id.clone());
    let mut commands = vec![Command::AddAgent {
        agent_id: agent_id.clone(),
        role: Role::Agent,
        capacity: member.capacity,
        skills: member.skills,
        department_ids: vec!["d0".into()],
        invite_id: None,
    }];
    if member.online {
        commands.push(Command::SetAvailability { agent_id, availability: Availability::Online });
    }
    if member.here {
        commands.push(Command::AttachSession { session_id: session_id.clone(), person });
    }
    if member.here && member.sleeps {
        commands.push(Command::HoldSession { session_id, hold_ms: 60_000 });
    }
    commands
}

/// A crowded department, then whatever comes.
pub(crate) fn run(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let crowd = (policy(), vec(member(), MEMBERS)).prop_map(|(mut policy, members)| {
        (policy.fallback_department_id, policy.max_queue) = (None, None);
        let config = Box::new(Config { mobile_hold_ms: 60_000, ..Config::default() });
        let (department_id, name) = ("d0".into(), String::new());
        let first =
            [Command::Configure(config), Command::CreateDepartment { department_id, name, policy }];
        let all = first.into_iter().chain(members.into_iter().enumerate().flat_map(join));
        all.map(|command| Step::Ask(Origin::ROOT, command)).collect::<Vec<_>>()
    });
    (crowd, vec(step(), length)).prop_map(|(crowd, steps)| [crowd, steps].concat())
}
