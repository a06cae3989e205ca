//! How a small world begins: one department, two agents with room for one conversation each, online
//! and on a socket.

use switchboard_routing::{Availability, Command, Person, Role};

use super::{AGENTS, Setting};

/// What makes the world of a setting, in order.
pub(super) fn commands(setting: &Setting) -> Vec<Command> {
    let department_id = "d0";
    let mut commands = vec![
        Command::Configure(Box::new(setting.config.clone())),
        Command::CreateDepartment {
            department_id: department_id.into(),
            name: String::new(),
            policy: Box::new(setting.policy.clone()),
        },
    ];
    for a in 0..AGENTS {
        let id = format!("a{a}");
        let agent_id = || id.as_str().into();
        commands.push(Command::AddAgent {
            agent_id: agent_id(),
            role: Role::Agent,
            capacity: 1,
            skills: Vec::new(),
            department_ids: vec![department_id.into()],
            invite_id: None,
        });
        commands.push(Command::AttachSession {
            session_id: format!("a{a}/0").into(),
            person: Person::Agent(agent_id()),
        });
        let availability = Availability::Online;
        commands.push(Command::SetAvailability { agent_id: agent_id(), availability });
    }
    commands
}
