//! The end of a world: faults stop, everybody comes back and does what is asked of them, and
//! everything must settle.

use switchboard_routing::{Availability, By, Command, Config, Origin, State};

use super::{Tenant, devices::about};
use crate::{
    checks::{SETTLES, Violation},
    node::Asked,
    swarm::Kind,
};

/// So many rounds are enough for whatever is left, beside those in which conversations are served.
const ROUNDS: usize = 400;
/// The rounds in which one conversation is served: it may have to be asked for more than once.
const ROUNDS_EACH: usize = 4;

impl Tenant {
    /// See the module.
    ///
    /// # Errors
    /// Where a promise is broken on the way, or something does not come to its end.
    pub fn settle(&mut self) -> Result<(), Violation> {
        self.swarm.faults.clear();
        self.asks.clear();
        self.scan()?;
        self.everybody_comes_back();
        self.run_out()?;
        for _ in 0..ROUNDS + ROUNDS_EACH * self.ledger.open.len() {
            if self.ledger.open.is_empty() {
                break;
            }
            // Who is asked now because of that answers before time passes.
            for _ in 0..2 {
                self.serve();
                self.run_out()?;
            }
            // Whatever waits for time waits no longer.
            self.now = match self.node.core().next_deadline() {
                Some((at, _)) => self.now.max(at.0),
                None => self.now + 1,
            };
            self.run_out()?;
        }
        self.nobody_is_left_over()?;
        self.close_everything();
        self.run_out()?;
        self.scan()?;
        self.quiet_in_the_end()
    }

    fn run_out(&mut self) -> Result<(), Violation> {
        let fate = crate::node::Fate::Done;
        self.with_node(fate)?;
        self.look()
    }

    fn everybody_comes_back(&mut self) {
        let config = Config { mobile_hold_ms: 0, ..Config::default() };
        let asked =
            Asked { kind: Kind::Configure, conversation: None, agent: None, department: None };
        self.ask(asked, Origin::ROOT, Command::Configure(Box::new(config)));
        let rooms: Vec<usize> = self.ledger.existing_departments().map(|(d, _)| d).collect();
        for department in rooms {
            let department_id = self.names.department(department);
            let command = Command::SetDepartmentOpen { department_id, open: true };
            let asked = Asked {
                kind: Kind::Hours,
                conversation: None,
                agent: None,
                department: Some(department),
            };
            self.ask(asked, Origin::ROOT, command);
        }
        // Whoever was turned away in a crowd believes to be connected, and is not.
        self.devices.cut_off();
        self.reconnect_all();
        self.everybody_is_online();
    }

    fn everybody_is_online(&mut self) {
        let idle = self.ledger.active_agents().filter(|(_, agent)| !agent.is_reachable());
        let idle: Vec<(usize, bool)> = idle.map(|(n, agent)| (n, agent.is_present())).collect();
        for (agent, present) in idle {
            // A device may believe that it is there, when its hello was turned away.
            if !present {
                self.sign_in(agent);
            }
            let (agent_id, availability) = (self.names.agent(agent), Availability::Online);
            let command = Command::SetAvailability { agent_id, availability };
            self.ask(about(Kind::Online, agent), self.names.as_agent(agent), command);
        }
    }

    /// Agents take what they are offered, and close what they have.
    fn serve(&mut self) {
        self.everybody_is_online();
        let open: Vec<_> = self
            .ledger
            .open
            .iter()
            .filter_map(|id| {
                self.ledger.conversation(*id).map(|c| (*id, c.state, c.agent, c.offer))
            })
            .collect();
        for (id, state, agent, offer) in open {
            let conversation_id = self.names.conversation(id);
            let asked =
                Asked { kind: Kind::Close, conversation: Some(id), agent: None, department: None };
            match (state, agent, offer) {
                (State::Assigned, Some(agent), _) => {
                    let command = Command::CloseConversation { conversation_id };
                    self.ask(asked, self.names.as_agent(agent), command);
                }
                (State::Offered, _, Some(offer)) => {
                    let agent_id = self.names.agent(offer.agent);
                    let offered = offer.number;
                    let command =
                        Command::AcceptOffer { conversation_id, agent_id, offer: offered };
                    self.ask(asked, self.names.as_agent(offer.agent), command);
                }
                _ => {}
            }
        }
    }

    /// Who waits still asks for what no member of its department has or may give.
    fn nobody_is_left_over(&self) -> Result<(), Violation> {
        for id in &self.ledger.open {
            let Some(c) = self.ledger.conversation(*id) else { continue };
            let room = self.ledger.department(c.department);
            let able = |number: usize| {
                self.ledger.agent(number).is_some_and(|agent| {
                    let most = room.and_then(|room| room.policy.agent_capacity);
                    agent.capacity > 0
                        && most != Some(0)
                        && agent.skills & c.skills == c.skills
                        && agent.rests.is_empty()
                })
            };
            let somebody = room.and_then(|room| room.members().find(|number| able(*number)));
            let stuck = c.state != State::Queued || somebody.is_some();
            if stuck {
                let what =
                    format!("c{id} is {:?} in the end, though a{somebody:?} is there", c.state);
                let position = self.ledger.position;
                return Err(Violation { check: SETTLES, what, position });
            }
        }
        Ok(())
    }

    fn close_everything(&mut self) {
        for id in self.ledger.open.clone() {
            let command =
                Command::CloseConversation { conversation_id: self.names.conversation(id) };
            let asked =
                Asked { kind: Kind::Close, conversation: Some(id), agent: None, department: None };
            self.ask(asked, Origin::new(By::Admin, "a0"), command);
        }
    }

    /// Nothing is open, and nothing wants to be woken for what has ended.
    fn quiet_in_the_end(&mut self) -> Result<(), Violation> {
        for _ in 0..ROUNDS {
            let Some((at, _)) = self.node.core().next_deadline() else { break };
            self.now = self.now.max(at.0);
            self.run_out()?;
        }
        let position = self.ledger.position;
        let fault = |what: String| Err(Violation { check: SETTLES, what, position });
        let left = self.node.core().conversation_count();
        if left > 0 {
            return fault(format!("{left} conversations are left in the end"));
        }
        match self.node.core().next_deadline() {
            Some((_, kind)) => fault(format!("{kind:?} is due for ever")),
            None => Ok(()),
        }
    }
}
