//! A busy time: visitors, agents and root do this and that.

use super::*;

/// What is done at random, the same for the same seed.
pub(super) struct Busy {
    chance: u64,
    agents: Vec<(&'static str, Option<Session>)>,
    visitors: Vec<Session>,
    ids: Vec<String>,
}

impl Busy {
    pub(super) async fn begin(rig: &Rig, seed: u64) -> Self {
        let mut visitors = Vec::new();
        for nth in 0..4 {
            visitors.push(rig.visitor(&format!("v{seed}-{nth}")).await);
        }
        let agents = vec![("ann", None), ("bob", None)];
        Self { chance: seed * 2 + 1, agents, visitors, ids: Vec::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as usize % bound
    }

    pub(super) async fn go_on(&mut self, rig: &Rig, rounds: usize) {
        for _ in 0..rounds {
            let ms = [0, 700, 12_345, 90_000, 600_000, HOUR_MS + 1][self.below(6)];
            rig.wait(ms).await;
            match self.below(10) {
                0..4 => self.visit(rig).await,
                4..7 => self.work(rig).await,
                _ => self.administer(rig).await,
            }
        }
    }

    /// A visitor opens, or closes what it opened.
    async fn visit(&mut self, rig: &Rig) {
        let (nth, closes) = (self.below(4), self.below(3) == 0);
        let department = ["sales", "help"][self.below(2)];
        let known = if self.ids.is_empty() { 0 } else { self.below(self.ids.len()) };
        let visitor = &mut self.visitors[nth];
        if closes && let Some(id) = self.ids.get(known) {
            let conversation_id = id.clone();
            visitor.request(rig, ClientBody::ConversationClose { conversation_id }).await;
            return;
        }
        let department_id = Some(department.to_owned());
        let open = ConversationOpen { department_id, ..ConversationOpen::default() };
        let answer = visitor.request(rig, ClientBody::ConversationOpen(Box::new(open))).await;
        if let ServerMessage::Ok(OkAnswer { conversation: Some(opened), .. }) = answer {
            self.ids.push(opened.id.clone());
        }
    }

    /// An agent comes, goes, or says that it is online or away.
    async fn work(&mut self, rig: &Rig) {
        let (nth, what) = (self.below(2), self.below(5));
        let (name, session) = &mut self.agents[nth];
        match session {
            None => *session = Some(rig.agent(name).await),
            Some(here) if what == 0 => {
                here.lose();
                *session = None;
            }
            Some(here) => {
                let availability = match what {
                    1 => model::Availability::Away,
                    _ => model::Availability::Online,
                };
                here.request(rig, ClientBody::AvailabilitySet { availability }).await;
            }
        }
    }

    /// Whatever root may do; what is refused has not happened.
    async fn administer(&mut self, rig: &Rig) {
        let Some(id) = (!self.ids.is_empty()).then(|| self.below(self.ids.len())) else { return };
        let id = self.ids[id].clone();
        let name = ["ann", "bob"][self.below(2)];
        let (department_id, agent_id) =
            (["sales", "help"][self.below(2)].to_owned(), name.to_owned());
        let forced = body(&format!(r#"{{"agent_id":"{name}","force":true}}"#));
        let to = [
            format!(r#"{{"agent_id":"{name}","force":true}}"#),
            format!(r#"{{"department_id":"{department_id}"}}"#),
        ];
        let question = match self.below(9) {
            0..2 => Question::CloseConversation(id),
            2 => Question::ReopenConversation(id),
            3..5 => Question::AssignConversation(id, forced),
            5..7 => {
                let to = &to[self.below(2)];
                Question::TransferConversation(id, Box::new(body(to)))
            }
            7 => Question::RemoveMember { department_id, agent_id },
            _ => Question::AddMember { department_id, agent_id },
        };
        let _ = rig.ask(question).await;
    }
}
