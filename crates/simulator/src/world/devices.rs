//! Devices: what people hold in their hands. A device has a session, and a socket or none; the
//! workspace learns of a lost socket when its close comes in, which may be late.

use switchboard_routing::{Command, Origin, Person, SessionId};

use super::{Tenant, names::Names};
use crate::{
    node::Asked,
    swarm::{Kind, span},
};

/// The most devices of one agent, and the most pages of all visitors.
const EACH: usize = 3;

/// One device.
#[derive(Clone, Debug)]
pub(super) struct Device {
    id: SessionId,
    agent: bool,
    person: usize,
    session: usize,
    /// It believes that it is connected.
    connected: bool,
    /// Counts its sockets.
    generation: u32,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Devices {
    all: Vec<Device>,
    sessions: usize,
}

impl Devices {
    /// The node is gone: every socket is.
    pub(super) fn cut_off(&mut self) {
        for device in &mut self.all {
            device.connected = false;
        }
    }

    fn of(&self, agent: bool, person: usize) -> impl Iterator<Item = (usize, &Device)> {
        let own = move |(_, d): &(usize, &Device)| d.agent == agent && d.person == person;
        self.all.iter().enumerate().filter(own)
    }
}

impl Device {
    fn new(agent: bool, person: usize, session: usize) -> Self {
        let kind = if agent { 'a' } else { 'v' };
        let id = format!("{kind}{person}/{session}").into();
        Self { id, agent, person, session, connected: true, generation: 1 }
    }

    fn id(&self) -> SessionId {
        self.id.clone()
    }

    fn owner(&self, names: &Names) -> Person {
        match self.agent {
            true => Person::Agent(names.agent(self.person)),
            false => Person::Visitor(names.visitor(self.person)),
        }
    }

    fn origin(&self, names: &Names) -> Origin {
        match self.agent {
            true => names.as_agent(self.person),
            false => names.as_visitor(self.person),
        }
    }
}

impl Tenant {
    pub(super) fn presence(&mut self, kind: Kind) {
        match kind {
            Kind::Online | Kind::Away => self.say(kind),
            Kind::Connect | Kind::Arrive => self.connect(kind),
            Kind::Activity => {
                let Some(agent) = self.some_agent() else { return };
                let command = Command::ReportActivity { agent_id: self.names.agent(agent) };
                self.ask(about(kind, agent), self.names.as_agent(agent), command);
            }
            _ => self.touch(kind),
        }
    }

    fn say(&mut self, kind: Kind) {
        use switchboard_routing::Availability::{Away, Online};
        let Some(mut agent) = self.some_agent() else { return };
        let says = |own: &Self, agent: usize| own.ledger.agent(agent).map(|a| a.online);
        for _ in 0..3 {
            if says(self, agent) == Some(kind == Kind::Away) {
                break;
            }
            agent = self.some_agent().unwrap_or(agent);
        }
        if says(self, agent) != Some(kind == Kind::Away) && self.rng.permille(900) {
            return;
        }
        let availability = if kind == Kind::Online { Online } else { Away };
        let origin = if self.rng.permille(900) { self.names.as_agent(agent) } else { Origin::ROOT };
        let session = self.session_of(agent);
        let command = Command::SetAvailability { agent_id: self.names.agent(agent), availability };
        self.ask_from(about(kind, agent), origin, session, command);
    }

    /// One of an agent's sessions that are on a socket.
    pub(super) fn session_of(&self, agent: usize) -> Option<SessionId> {
        let mut own = self.devices.of(true, agent).filter(|(_, device)| device.connected);
        own.next().map(|(_, device)| device.id())
    }

    /// One of a visitor's.
    pub(super) fn page_of(&self, visitor: usize) -> Option<SessionId> {
        let mut own = self.devices.of(false, visitor).filter(|(_, device)| device.connected);
        own.next().map(|(_, device)| device.id())
    }

    fn connect(&mut self, kind: Kind) {
        let agent = kind == Kind::Connect;
        let person = match agent {
            true => self.some_agent(),
            false => Some(self.rng.index(self.swarm.visitors)),
        };
        let Some(person) = person else { return };
        if self.devices.of(agent, person).count() >= EACH {
            return;
        }
        self.devices.sessions += 1;
        let session = self.devices.sessions;
        let device = Device::new(agent, person, session);
        self.devices.all.push(device.clone());
        self.attach(kind, &device);
    }

    /// A device of an agent's comes to be with it.
    pub(super) fn sign_in(&mut self, person: usize) {
        self.devices.sessions += 1;
        let session = self.devices.sessions;
        let device = Device::new(true, person, session);
        self.devices.all.push(device.clone());
        self.attach(Kind::Connect, &device);
    }

    /// Every device that has no socket gets one.
    pub(super) fn reconnect_all(&mut self) {
        for at in 0..self.devices.all.len() {
            let Some(device) = self.devices.all.get_mut(at) else { continue };
            if device.connected {
                continue;
            }
            device.connected = true;
            device.generation += 1;
            let device = device.clone();
            self.attach(Kind::Resume, &device);
        }
    }

    fn attach(&mut self, kind: Kind, device: &Device) {
        let command =
            Command::AttachSession { session_id: device.id(), person: device.owner(&self.names) };
        self.ask(whose(kind, device), device.origin(&self.names), command);
    }

    /// Something happens to one of the devices that there are.
    fn touch(&mut self, kind: Kind) {
        let wants_agent = !matches!(kind, Kind::Leave | Kind::Return);
        let wants_socket = matches!(kind, Kind::Lose | Kind::Leave | Kind::End | Kind::Hold);
        let mut found = None;
        for _ in 0..6 {
            let at = self.rng.index(self.devices.all.len());
            let Some(device) = self.devices.all.get(at) else { return };
            let near = self.focus.agent.is_none_or(|agent| agent == device.person);
            if device.agent == wants_agent && device.connected == wants_socket {
                found = Some(at);
                if near {
                    break;
                }
            }
        }
        // The close of a socket that was replaced finds the session on another.
        if kind == Kind::LateClose {
            self.late_close();
            return;
        }
        let Some(device) = found.and_then(|at| self.devices.all.get_mut(at)) else { return };
        match kind {
            Kind::Lose | Kind::Leave => {
                device.connected = false;
                let device = device.clone();
                let command = Command::LoseSession { session_id: device.id() };
                self.ask(whose(kind, &device), Origin::ENGINE, command);
            }
            Kind::Resume | Kind::Return => {
                device.connected = true;
                device.generation += 1;
                let device = device.clone();
                self.attach(kind, &device);
            }
            Kind::End => {
                let ended = device.clone();
                self.devices.all.retain(|d| (d.agent, d.session) != (true, ended.session));
                let command = Command::EndSession { session_id: ended.id() };
                self.ask(whose(kind, &ended), ended.origin(&self.names), command);
            }
            _ => {
                let device = device.clone();
                let hold_ms = span(&mut self.rng, &[0, 50, 100, 200, 500, 2_000, 9_000, 60_000]);
                let command = Command::HoldSession { session_id: device.id(), hold_ms };
                self.ask(whose(kind, &device), device.origin(&self.names), command);
                // Who sleeps is asked when nobody else is left: let there be something to ask for.
                if self.rng.permille(600) {
                    (0..4).for_each(|_| self.deed(Kind::Open));
                }
            }
        }
    }

    /// A device moves to another socket before the close of the first has come in: the gateway
    /// knows by the generation that it is not this session's any more, and says nothing.
    fn late_close(&mut self) {
        let all = &self.devices.all;
        let at = self.rng.index(all.len());
        let Some(device) = self.devices.all.get_mut(at).filter(|d| d.connected) else { return };
        let closed = device.generation;
        device.generation += 1;
        let device = device.clone();
        self.attach(Kind::LateClose, &device);
        if closed == device.generation {
            let command = Command::LoseSession { session_id: device.id() };
            self.ask(whose(Kind::LateClose, &device), Origin::ENGINE, command);
        }
    }
}

/// An ask by or about an agent.
pub(super) fn about(kind: Kind, agent: usize) -> Asked {
    Asked { kind, conversation: None, agent: Some(agent), department: None }
}

fn whose(kind: Kind, device: &Device) -> Asked {
    let agent = device.agent.then_some(device.person);
    Asked { kind, conversation: None, agent, department: None }
}
