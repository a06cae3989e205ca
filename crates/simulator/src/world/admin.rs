//! What admins do, and how a workspace begins.

use switchboard_routing::{
    Command, Config, DEFAULT_CAPACITY, DepartmentId, InviteId, Origin, PlanLimits, Role, Status,
};

use super::{Tenant, devices::about};
use crate::{
    ledger::{AGENTS, DEPARTMENTS},
    node::Asked,
    swarm::{Kind, span},
};

impl Tenant {
    /// The workspace's first asks: its departments, its agents, and that they are there.
    pub(super) fn found(&mut self) {
        self.configure();
        for _ in 0..self.swarm.departments {
            self.create();
        }
        for _ in 0..self.swarm.agents {
            self.hire(None);
        }
    }

    pub(super) fn administer(&mut self, kind: Kind) {
        match kind {
            Kind::Hire => {
                self.hire(None);
                // There may be one seat left, and not two.
                if self.ledger.config.limits.seats.is_some() {
                    self.hire(None);
                }
            }
            Kind::Create => self.create(),
            Kind::Configure => self.configure(),
            Kind::Change => self.change(),
            Kind::Fire => self.fire(),
            Kind::Join | Kind::Part => self.membership(kind),
            Kind::Invite | Kind::Resend | Kind::Revoke | Kind::TakeSeat => self.invites(kind),
            _ => self.manage(kind),
        }
    }

    /// Somebody new, who accepts an invite or was not invited.
    pub(super) fn hire(&mut self, invite_id: Option<InviteId>) {
        // Ids are not given twice: there is an end to it.
        if self.agents >= AGENTS {
            return;
        }
        let number = self.agents;
        self.agents += 1;
        let kind = if invite_id.is_some() { Kind::TakeSeat } else { Kind::Hire };
        let skills = if self.swarm.skills { self.skills(3) } else { Vec::new() };
        let role = if self.rng.permille(200) { Role::Admin } else { Role::Agent };
        let capacity = self.capacity();
        let department_ids = self.some_departments();
        let command = Command::AddAgent {
            agent_id: self.names.agent(number),
            role,
            capacity,
            skills,
            department_ids,
            invite_id,
        };
        self.ask(about(kind, number), Origin::ROOT, command);
        if self.rng.permille(900) {
            self.sign_in(number);
            let availability = switchboard_routing::Availability::Online;
            let agent_id = self.names.agent(number);
            let command = Command::SetAvailability { agent_id, availability };
            self.ask(about(Kind::Online, number), self.names.as_agent(number), command);
        }
    }

    fn capacity(&mut self) -> u32 {
        match self.rng.below(20) {
            0 => 0,
            1 => DEFAULT_CAPACITY,
            _ => 1 + self.rng.below(u64::from(self.swarm.capacity)) as u32,
        }
    }

    fn some_departments(&mut self) -> Vec<DepartmentId> {
        let mut numbers: Vec<usize> = Vec::new();
        let many = 1 + self.rng.index(3);
        for _ in 0..many {
            let number = self.some_department();
            let there = self.ledger.department(number).is_some() || self.ledger.position == 0;
            if there && !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers.into_iter().map(|number| self.names.department(number)).collect()
    }

    fn create(&mut self) {
        if self.departments >= DEPARTMENTS {
            return;
        }
        let number = self.departments;
        self.departments += 1;
        let mut policy = self.swarm.policy(&mut self.rng, number);
        if number == 0 {
            policy.fallback_department_id = None;
        }
        let command = Command::CreateDepartment {
            department_id: self.names.department(number),
            name: String::new(),
            policy: Box::new(policy),
        };
        self.ask(of(Kind::Create, number), Origin::ROOT, command);
    }

    fn configure(&mut self) {
        let first = self.ledger.position == 0;
        let limits = match self.rng.below(8) {
            0 if !first => {
                let seats = self.ledger.seats() as u32;
                PlanLimits { seats: Some(seats + self.rng.below(2) as u32), departments: None }
            }
            _ => PlanLimits::default(),
        };
        let default_department_id = match !first && self.rng.permille(600) {
            true => Some(format!("d{}", self.some_department()).into()),
            false => None,
        };
        let suspended = !first && self.rng.permille(30);
        let config = Config {
            limits,
            status: if suspended { Status::Suspended } else { Status::Active },
            default_department_id,
            absent_away_ms: self
                .rng
                .permille(500)
                .then(|| span(&mut self.rng, &[2_000, 60_000, 600_000])),
            idle_away_ms: self.rng.permille(250).then(|| span(&mut self.rng, &[10_000, 120_000])),
            mobile_hold_ms: span(&mut self.rng, &[0, 1_000, 5_000, 60_000, 600_000]),
            ..Config::default()
        };
        let asked =
            Asked { kind: Kind::Configure, conversation: None, agent: None, department: None };
        self.ask(asked, Origin::ROOT, Command::Configure(Box::new(config)));
    }

    fn change(&mut self) {
        let Some(agent) = self.some_agent() else { return };
        let what = self.rng.below(8);
        let skills = (self.swarm.skills && what < 3).then(|| self.skills(3));
        let command = Command::UpdateAgent {
            agent_id: self.names.agent(agent),
            role: (what == 7).then_some(if self.rng.permille(500) {
                Role::Admin
            } else {
                Role::Agent
            }),
            capacity: (what < 6).then(|| self.capacity()),
            skills,
            department_ids: (what == 6).then(|| self.some_departments()),
        };
        self.ask(about(Kind::Change, agent), Origin::ROOT, command);
    }

    fn fire(&mut self) {
        let few = self.ledger.active_agents().count() <= 2;
        if few && self.rng.permille(900) {
            return;
        }
        let Some(agent) = self.some_agent() else { return };
        let command = Command::RemoveAgent { agent_id: self.names.agent(agent) };
        self.ask(about(Kind::Fire, agent), Origin::ROOT, command);
    }

    fn membership(&mut self, kind: Kind) {
        let Some(agent) = self.some_agent() else { return };
        let department = self.some_department();
        let (department_id, agent_id) =
            (self.names.department(department), self.names.agent(agent));
        let command = match kind {
            Kind::Join => Command::AddMember { department_id, agent_id },
            _ => Command::RemoveMember { department_id, agent_id },
        };
        let asked =
            Asked { kind, conversation: None, agent: Some(agent), department: Some(department) };
        self.ask(asked, Origin::ROOT, command);
    }

    fn manage(&mut self, kind: Kind) {
        let number = self.some_department();
        let department_id = self.names.department(number);
        let command = match kind {
            Kind::Policy => {
                let policy = Box::new(self.swarm.policy(&mut self.rng, self.departments));
                Command::UpdateDepartment { department_id, name: String::new(), policy }
            }
            Kind::Hours => {
                let is_open = self.ledger.department(number).is_some_and(|room| room.open);
                let open = if is_open { self.rng.permille(300) } else { self.rng.permille(900) };
                Command::SetDepartmentOpen { department_id, open }
            }
            _ => {
                // There is an end to new ones: the last one stays then.
                let left = self.ledger.existing_departments().count();
                let last = left <= 1 && self.departments >= DEPARTMENTS;
                if last || left <= 2 && self.rng.permille(900) {
                    return;
                }
                Command::DeleteDepartment { department_id }
            }
        };
        self.ask(of(kind, number), Origin::ROOT, command);
    }
}

fn of(kind: Kind, department: usize) -> Asked {
    Asked { kind, conversation: None, agent: None, department: Some(department) }
}
