//! What must hold whatever the strategy: looked at from outside, event by event. A witness reads
//! the log along, so that every event is judged by the workspace as it was just before.

use switchboard_routing::*;

/// Reads the log along.
pub(crate) struct Witness {
    pub(crate) workspace: Workspace,
    opened: usize,
    ended: usize,
    /// What the current step ended: closed, or the reason of the rejection.
    pub(crate) endings: Vec<(String, String)>,
}

impl Default for Witness {
    fn default() -> Self {
        Self { workspace: Workspace::new(1), opened: 0, ended: 0, endings: Vec::new() }
    }
}

impl Witness {
    /// Sees the outputs of one step.
    pub(crate) fn see(&mut self, out: &[Output]) {
        self.endings.clear();
        for output in out {
            let Output::Event(record) = output else { continue };
            self.judge(&record.event);
            self.workspace.replay(record);
        }
        assert_eq!(self.opened - self.ended, self.workspace.conversation_count(), "conserved");
        let ended = out.iter().filter(|output| matches!(output, Output::Ended(_))).count();
        assert_eq!(ended, self.endings.len(), "what ended is given back");
        one_holder(&self.workspace);
        nobody_waits_in_vain(&self.workspace);
    }

    fn judge(&mut self, event: &Event) {
        match event {
            Event::ConversationOpened { .. } => self.opened += 1,
            Event::ConversationClosed { conversation_id, agent_id, .. } => {
                let was = self.workspace.conversation(conversation_id.as_str()).unwrap();
                assert_eq!(was.agent_id, *agent_id);
                self.end(conversation_id, "closed");
            }
            Event::ConversationRejected { conversation_id, reason, .. } => {
                let reason = serde_json::to_value(reason).unwrap();
                self.end(conversation_id, reason.as_str().unwrap());
            }
            Event::ConversationAssigned { conversation_id, department_id, agent_id, .. } => {
                let taken = self.workspace.conversation(conversation_id.as_str()).unwrap();
                assert_eq!(taken.agent_id, None, "given while somebody has it");
                assert_eq!(taken.department_id, *department_id);
                let agent = self.workspace.agent(agent_id.as_str()).unwrap();
                assert!(is_eligible(&self.workspace, agent, taken), "{agent_id}: not eligible");
                self.nobody_is_passed(agent, taken);
            }
            _ => {}
        }
    }

    fn end(&mut self, id: &ConversationId, how: &str) {
        self.ended += 1;
        self.endings.push((id.to_string(), how.to_owned()));
    }

    /// Whoever waits, comes before this one and could be taken by the same agent, is taken first.
    fn nobody_is_passed(&self, agent: &Agent, taken: &Conversation) {
        let order = |c: &Conversation| (-i64::from(c.priority), c.place);
        let mut earlier = self.workspace.conversations().filter(|c| c.is_waiting());
        let passed =
            earlier.find(|c| order(c) < order(taken) && is_eligible(&self.workspace, agent, c));
        assert!(passed.is_none(), "{:?} was passed by {:?}", passed, taken);
    }
}

fn is_eligible(w: &Workspace, agent: &Agent, conversation: &Conversation) -> bool {
    let Some(department) = w.department(conversation.department_id.as_str()) else { return false };
    let here = w.held_by(agent.id.as_str()).filter(|c| c.department_id == department.id).count();
    agent.is_reachable()
        && department.open
        && w.is_member(agent.id.as_str(), department.id.as_str())
        && agent.load() < agent.capacity
        && department.policy.agent_capacity.is_none_or(|max| here < max as usize)
        && conversation.skills.iter().all(|skill| agent.skills.contains(skill))
}

fn one_holder(w: &Workspace) {
    for conversation in w.conversations() {
        let holders =
            w.agents().filter(|a| w.held_by(a.id.as_str()).any(|c| c.id == conversation.id));
        let holders: Vec<_> = holders.map(|a| &a.id).collect();
        assert_eq!(holders, conversation.agent_id.iter().collect::<Vec<_>>());
        let waits = conversation.is_waiting();
        assert_eq!(waits, holders.is_empty());
        assert_eq!(waits, conversation.assigned_at.is_none());
        assert_eq!(waits, conversation.assignment.is_none());
    }
}

fn nobody_waits_in_vain(w: &Workspace) {
    for waiting in w.conversations().filter(|c| c.is_waiting()) {
        let free = w.agents().find(|agent| is_eligible(w, agent, waiting));
        assert!(free.is_none(), "{} waits, and {} is free", waiting.id, free.unwrap().id);
    }
}
