//! The place and its people: a workspace with departments, and agents who are there and online.

use std::iter::repeat_n;

use switchboard_routing::{
    AgentId, Availability, Command, DepartmentId, Input, Origin, Person, Policy, Refusal, Role,
    Timestamp, Workspace,
};

/// A department.
#[derive(Clone, Debug)]
pub struct Room {
    /// Its id.
    pub id: DepartmentId,
    /// How it routes.
    pub policy: Policy,
}

/// An agent.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Its id.
    pub id: AgentId,
    /// How many conversations it takes at once.
    pub capacity: u32,
    /// What it is skilled in.
    pub skills: Vec<String>,
    /// Where it is a member.
    pub department_ids: Vec<DepartmentId>,
    /// Whether it is there, and online, from the beginning.
    pub works: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    /// The departments, in the order of creation.
    pub rooms: Vec<Room>,
    /// The agents, in the order of joining.
    pub desks: Vec<Desk>,
}

impl Floor {
    /// One department, and agents who are all alike: theory's servers.
    pub fn alike(agents: u32, capacity: u32, policy: Policy) -> Self {
        let id = DepartmentId::from("d");
        let desk = |(number, department_ids)| Desk {
            id: format!("a{number}").into(),
            capacity,
            skills: Vec::new(),
            department_ids,
            works: true,
        };
        let desks = (0..agents).zip(repeat_n(vec![id.clone()], agents as usize)).map(desk);
        Self { desks: desks.collect(), rooms: vec![Room { id, policy }] }
    }

    /// The workspace, as it is at this time. It explains nothing.
    ///
    /// # Errors
    /// Where the engine refuses: an id that is given twice, an agent in a room that is not there.
    pub fn open(&self, at: Timestamp) -> Result<Workspace, Refusal> {
        let mut workspace = Workspace::new(1).explaining(false);
        for command in self.rooms.iter().map(Room::made).chain(self.desks.iter().flat_map(hired)) {
            workspace.handle(at, Input::new(Origin::ROOT, command), &mut Vec::new())?;
        }
        Ok(workspace)
    }
}

impl Room {
    fn made(&self) -> Command {
        Command::CreateDepartment {
            department_id: self.id.clone(),
            name: self.id.to_string(),
            policy: Box::new(self.policy.clone()),
        }
    }
}

/// What makes an agent of a desk; each has one session.
fn hired(desk: &Desk) -> impl Iterator<Item = Command> {
    let agent_id = desk.id.clone();
    let hire = Command::AddAgent {
        agent_id: agent_id.clone(),
        role: Role::Agent,
        capacity: desk.capacity,
        skills: desk.skills.clone(),
        department_ids: desk.department_ids.clone(),
        invite_id: None,
    };
    let session_id = format!("session-of-{agent_id}").into();
    let comes = Command::AttachSession { session_id, person: Person::Agent(agent_id.clone()) };
    let begins = Command::SetAvailability { agent_id, availability: Availability::Online };
    [hire].into_iter().chain(desk.works.then_some([comes, begins]).into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_is_there_from_the_beginning() {
        let mut floor = Floor::alike(2, 3, Policy::default());
        floor.desks[1].works = false;
        let workspace = floor.open(Timestamp(5)).unwrap();
        let reachable: Vec<bool> = workspace.agents().map(|a| a.is_reachable()).collect();
        assert_eq!(reachable, [true, false]);
        assert!(workspace.agents().all(|a| a.capacity == 3 && a.is_member()));
    }

    #[test]
    fn what_the_engine_refuses_is_refused() {
        let mut floor = Floor::alike(1, 1, Policy::default());
        floor.desks[0].department_ids = vec!["elsewhere".into()];
        assert!(floor.open(Timestamp(0)).is_err());
    }
}
