//! The loop: what is next is carried out by the workspace, and what follows from it is planned.

use std::{fmt::Write, sync::Arc};

use switchboard_routing::{
    AgentId, By, Command, Conversation, ConversationId, Done, Event, Input, OpenConversation,
    Origin, Output, Record, Refusal, Timestamp, Workspace,
};

use super::{
    Answer, Arrival, Change, Parting, Traffic,
    agenda::Agenda,
    lives::{Life, number_of},
    numbered::Numbered,
};

/// What is planned.
#[derive(Clone, Copy, Debug)]
enum Planned {
    /// The arrival that stands at the door.
    Arrival,
    /// The change that is next.
    Change,
    /// This one has been served, if its turn is still that.
    Served { number: u64, turn: u32 },
    /// The visitor of this one gives up, if its turn is still that.
    GivesUp { number: u64, turn: u32 },
    /// Whoever is asked to take this one answers.
    Answer { number: u64, offer: u64, accepts: bool },
}

/// A contact centre: see the module.
#[derive(Debug)]
pub struct Centre<T> {
    workspace: Workspace,
    traffic: T,
    now: Timestamp,
    agenda: Agenda<Planned>,
    lives: Numbered<Life>,
    /// The next arrival and the next change, which the agenda knows by their times.
    at_the_door: Option<Arrival>,
    next_change: Option<Change>,
    /// The conversation that its agent is handing on in this step, and its turn before.
    handed_on: Option<(u64, u32)>,
    outputs: Vec<Output>,
    name: String,
}

/// One command that was carried out, or refused.
#[derive(Debug)]
pub struct Step<'a> {
    /// When.
    pub at: Timestamp,
    /// What came of it. People do nothing that can be refused but open conversations, hand them on
    /// and make the changes that the traffic names: only those are refused.
    pub outcome: Result<Done, Refusal>,
    /// What the workspace gave back.
    pub outputs: &'a [Output],
    /// The workspace, as the step left it.
    pub workspace: &'a Workspace,
}

impl<'a> Step<'a> {
    /// What happened, in order.
    pub fn records(&self) -> impl Iterator<Item = &'a Arc<Record>> + use<'a> {
        self.outputs.iter().filter_map(|output| match output {
            Output::Event(record) => Some(record),
            _ => None,
        })
    }
}

impl<T: Traffic> Centre<T> {
    /// A centre in which nobody has arrived yet.
    pub fn new(workspace: Workspace, traffic: T) -> Self {
        let mut centre = Self {
            now: workspace.clock(),
            workspace,
            traffic,
            agenda: Agenda::new(),
            lives: Numbered::default(),
            at_the_door: None,
            next_change: None,
            handed_on: None,
            outputs: Vec::new(),
            name: String::new(),
        };
        centre.expect_change();
        centre.expect_arrival();
        centre
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Carries out what is next; none: nothing will ever happen any more.
    pub fn step(&mut self) -> Option<Step<'_>> {
        let input = self.next_input()?;
        let opened = match &input.command {
            Command::OpenConversation(open) => number_of(&open.conversation_id),
            _ => None,
        };
        self.outputs.clear();
        let outcome = self.workspace.handle(self.now, input, &mut self.outputs);
        if let Some(refused) = opened.filter(|_| outcome.is_err()) {
            self.lives.remove(refused);
        }
        self.follow();
        if let Some((number, turn)) = self.handed_on.take() {
            self.goes_on(number, turn);
        }
        let Self { now, workspace, outputs, .. } = self;
        Some(Step { at: *now, outcome, outputs, workspace })
    }

    /// Carries out everything that is still to come, and shows every step.
    pub fn run(&mut self, mut observe: impl FnMut(&Step<'_>)) {
        while let Some(step) = self.step() {
            observe(&step);
        }
    }

    /// What is next, at the time that it is by then.
    fn next_input(&mut self) -> Option<Input> {
        loop {
            let due = self.workspace.next_deadline().map(|(at, _)| at);
            let planned = self.agenda.next_at();
            if let Some(due) = due.filter(|due| planned.is_none_or(|planned| *due <= planned)) {
                self.now = self.now.max(due);
                return Some(Input::new(Origin::ENGINE, Command::Tick));
            }
            let (at, planned) = self.agenda.pop()?;
            self.now = self.now.max(at);
            if let Some(input) = self.input_of(planned) {
                return Some(input);
            }
        }
    }

    /// The command that something planned has become; none: it is void by now.
    fn input_of(&mut self, planned: Planned) -> Option<Input> {
        match planned {
            Planned::Arrival => self.arrive(),
            Planned::Change => {
                let change = self.next_change.take();
                self.expect_change();
                change.map(|change| change.input)
            }
            Planned::Served { number, turn } => self.served(number, turn),
            Planned::GivesUp { number, turn } => {
                let life = self.lives.at(number).filter(|life| life.turn == turn)?;
                let origin = Origin::new(By::Visitor, life.visitor_id.as_str());
                Some(close(origin, life.id.clone()))
            }
            Planned::Answer { number, offer, accepts } => self.answer(number, offer, accepts),
        }
    }

    fn arrive(&mut self) -> Option<Input> {
        let arrival = self.at_the_door.take()?;
        self.name.clear();
        write!(self.name, "c{}", self.lives.next_number()).ok()?;
        let name: Arc<str> = self.name.as_str().into();
        let id = ConversationId::from(name.clone());
        let visitor_id = arrival.visitor_id.unwrap_or_else(|| name.into());
        let (service_ms, patience_ms) = (arrival.service_ms, arrival.patience_ms);
        let life = Life::new(id.clone(), visitor_id.clone(), self.now, service_ms, patience_ms);
        self.lives.push(life);
        self.expect_arrival();
        let origin = Origin::new(By::Visitor, visitor_id.as_str());
        let open = OpenConversation {
            conversation_id: id,
            visitor_id,
            department_id: arrival.department_id,
            priority: arrival.priority,
            skills: arrival.skills,
            key: None,
        };
        Some(Input::new(origin, Command::OpenConversation(open)))
    }

    /// What has been served is closed or handed on. An agent does neither while it is absent.
    fn served(&mut self, number: u64, turn: u32) -> Option<Input> {
        let life = self.lives.at(number).filter(|life| life.turn == turn)?;
        let agent_id = life.agent_id.as_ref()?;
        let parting = self.traffic.parting(number, life.handed_on);
        if parting == Parting::OthersClose {
            return Some(close(
                Origin::new(By::Visitor, life.visitor_id.as_str()),
                life.id.clone(),
            ));
        }
        if !self.workspace.agent(agent_id.as_str()).is_some_and(|agent| agent.present) {
            life.overdue = true;
            return None;
        }
        let origin = Origin::new(By::Agent, agent_id.as_str());
        let conversation_id = life.id.clone();
        let Parting::HandedOn { department_id, agent_id, service_ms } = parting else {
            return Some(close(origin, conversation_id));
        };
        life.hand_on(self.now, service_ms);
        self.handed_on = Some((number, turn));
        let force = false;
        let transfer =
            Command::TransferConversation { conversation_id, department_id, agent_id, force };
        Some(Input::new(origin, transfer))
    }

    /// Nobody took it: who wanted to hand it on does the rest.
    fn goes_on(&mut self, number: u64, turn: u32) {
        if let Some(life) = self.lives.at(number).filter(|life| life.turn == turn) {
            let at = life.due();
            self.agenda.plan(at, Planned::Served { number, turn });
        }
    }

    fn answer(&mut self, number: u64, offer: u64, accepts: bool) -> Option<Input> {
        let conversation_id = self.lives.at(number)?.id.clone();
        let conversation = self.workspace.conversation(conversation_id.as_str())?;
        let asked = conversation.offer.as_ref().filter(|asked| asked.number == offer)?;
        let agent_id = asked.agent_id.clone();
        let origin = Origin::new(By::Agent, agent_id.as_str());
        Some(Input::new(
            origin,
            match accepts {
                true => Command::AcceptOffer { conversation_id, agent_id, offer },
                false => Command::DeclineOffer { conversation_id, agent_id, offer },
            },
        ))
    }

    fn expect_arrival(&mut self) {
        self.at_the_door = self.traffic.arrival();
        if let Some(arrival) = &self.at_the_door {
            self.agenda.plan(arrival.at.max(self.now), Planned::Arrival);
        }
    }

    fn expect_change(&mut self) {
        self.next_change = self.traffic.change();
        if let Some(change) = &self.next_change {
            self.agenda.plan(change.at.max(self.now), Planned::Change);
        }
    }

    /// Plans what follows from the outputs.
    fn follow(&mut self) {
        // Taken out for as long as they are read: planning changes nothing of them.
        let outputs = std::mem::take(&mut self.outputs);
        for output in &outputs {
            if let Output::Event(record) = output {
                self.follow_event(record);
            }
        }
        self.outputs = outputs;
    }

    fn follow_event(&mut self, record: &Record) {
        match &record.event {
            Event::ConversationAssigned { conversation_id, agent_id, .. } => {
                let Some((number, life)) = self.life(conversation_id) else { return };
                let at = life.is_taken(agent_id.clone(), record.at);
                let turn = life.turn;
                self.agenda.plan(at, Planned::Served { number, turn });
            }
            Event::ConversationQueued { conversation_id, .. }
            | Event::ConversationTransferred { conversation_id, .. }
            | Event::ConversationRequeued { conversation_id, .. } => {
                self.waits(conversation_id, record.at);
            }
            Event::ConversationOffered { conversation_id, agent_id, .. } => {
                self.waits(conversation_id, record.at);
                self.ask(conversation_id, agent_id, record);
            }
            Event::ConversationClosed { conversation_id, .. }
            | Event::ConversationRejected { conversation_id, .. } => {
                if let Some(number) = number_of(conversation_id) {
                    self.lives.remove(number);
                }
            }
            Event::PresenceChanged { agent_id, present: true } => self.catch_up(agent_id),
            _ => {}
        }
    }

    fn waits(&mut self, id: &ConversationId, at: Timestamp) {
        let Some((number, life)) = self.life(id) else { return };
        if let Some(until) = life.waits(at) {
            let turn = life.turn;
            self.agenda.plan(until, Planned::GivesUp { number, turn });
        }
    }

    /// The event's position is the offer's number.
    fn ask(&mut self, id: &ConversationId, agent: &AgentId, record: &Record) {
        let Some(number) = number_of(id) else { return };
        let Some(asked) = self.workspace.conversation(id.as_str()) else { return };
        let (after_ms, accepts) = match self.traffic.answer(agent, asked) {
            Answer::Accept(after_ms) => (after_ms, true),
            Answer::Decline(after_ms) => (after_ms, false),
            Answer::Ignore => return,
        };
        let answer = Planned::Answer { number, offer: record.position, accepts };
        self.agenda.plan(record.at.plus_ms(after_ms), answer);
    }

    /// An agent is back, and closes what it had served when it was lost.
    fn catch_up(&mut self, agent: &AgentId) {
        let held = self.workspace.held_by(agent.as_str());
        for number in held.filter_map(|held: &Conversation| number_of(&held.id)) {
            if let Some(life) = self.lives.at(number).filter(|life| life.overdue) {
                let turn = life.turn;
                self.agenda.plan(self.now, Planned::Served { number, turn });
            }
        }
    }

    fn life(&mut self, id: &ConversationId) -> Option<(u64, &mut Life)> {
        let number = number_of(id)?;
        self.lives.at(number).map(|life| (number, life))
    }
}

fn close(origin: Origin, conversation_id: ConversationId) -> Input {
    Input::new(origin, Command::CloseConversation { conversation_id })
}
