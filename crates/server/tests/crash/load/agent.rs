//! An agent's device: it answers offers, closes and hands on what it has, goes away and comes back.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep_until};

use super::{AGENTS, DEPARTMENTS, Turn};
use crate::{
    http::{Call, Caller},
    process::ROOT,
    seen::Deed,
    session::{Heard, Memory, Session},
};

/// See the module.
#[derive(Debug)]
pub(crate) struct Device {
    /// Its session.
    pub(crate) session: Session,
    /// Whose it is.
    pub(crate) agent: String,
    /// The first one says for its agent whether it is online.
    is_first: bool,
    workspace: String,
    held: Vec<String>,
    offers: Vec<(String, String)>,
}

impl Device {
    /// A device of an agent's that never came.
    pub(crate) fn new(
        workspace: &str,
        agent: &str,
        token: &str,
        name: &str,
        memory: &Memory,
    ) -> Self {
        let device = json!({"id": format!("{agent}-{name}"), "kind": "web"});
        let hello = json!({"token": token, "device": device});
        Self {
            session: Session::new("agent", Some(agent), hello, memory),
            agent: agent.to_owned(),
            is_first: name == "desk",
            workspace: workspace.to_owned(),
            held: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// Comes, or comes back.
    pub(crate) async fn come(&mut self, addr: SocketAddr) -> Option<Value> {
        let welcome = self.session.come(addr).await?;
        self.held.clear();
        self.offers.clear();
        for conversation in welcome["conversations"].as_array().into_iter().flatten() {
            self.note(conversation);
        }
        Some(welcome)
    }

    /// Works until the server is gone, or it is enough.
    pub(crate) async fn work(mut self, addr: SocketAddr, mut turn: Turn) -> Self {
        let mut caller = Caller::new(addr, ROOT);
        let mut next = Instant::now();
        while turn.goes_on() || self.session.pending.is_some() {
            let idle = self.session.pending.is_none();
            tokio::select! {
                heard = self.session.next() => match heard {
                    Heard::Over => break,
                    Heard::Push(push) => self.hear(&push),
                    Heard::Answer(answer) => self.note(&answer["conversation"]),
                },
                () = sleep_until(next), if idle => {
                    self.act(addr, &mut caller, &mut turn).await;
                    next = Instant::now() + Duration::from_micros(500 + turn.rng.below(9_500));
                }
            }
        }
        self
    }

    /// What it has, as it is shown.
    fn note(&mut self, conversation: &Value) {
        let Some(id) = conversation["id"].as_str() else { return };
        self.let_go(id);
        match conversation["state"].as_str() {
            Some("assigned") if conversation["agent"]["id"] == *self.agent => {
                self.held.push(id.to_owned());
            }
            Some("offered") if conversation["offer"]["agent_id"] == *self.agent => {
                let offer = conversation["offer"]["id"].as_str().unwrap_or_default();
                self.offers.push((id.to_owned(), offer.to_owned()));
            }
            _ => {}
        }
    }

    fn let_go(&mut self, id: &str) {
        self.held.retain(|held| held != id);
        self.offers.retain(|(offered, _)| offered != id);
    }

    fn hear(&mut self, push: &Value) {
        if push["conversation"].is_object() {
            self.note(&push["conversation"]);
        } else if let Some(id) = push["conversation_id"].as_str() {
            self.let_go(id);
        }
    }

    async fn act(&mut self, addr: SocketAddr, caller: &mut Caller, turn: &mut Turn) {
        let lot = turn.rng.below(100);
        match lot {
            0..40 if !self.offers.is_empty() => {
                let (id, offer) = turn.pick(&self.offers);
                let declines = turn.rng.permille(250);
                let (kind, deed) = match declines {
                    true => ("conversation.decline", Deed::Change(id.clone(), "offer.declined")),
                    false => {
                        ("conversation.accept", Deed::Give(id.clone(), "conversation.assigned"))
                    }
                };
                let body = json!({"type": kind, "conversation_id": id, "offer_id": offer});
                self.session.ask(body, deed).await;
                self.let_go(&id);
            }
            40..60 if !self.held.is_empty() => {
                let id = turn.pick(&self.held);
                let body = json!({"type": "conversation.close", "conversation_id": id});
                self.session.ask(body, Deed::Change(id.clone(), "conversation.closed")).await;
                self.let_go(&id);
            }
            60..66 if !self.held.is_empty() => self.hand_on(turn).await,
            66..72 => self.claim(turn).await,
            72..78 if self.is_first => self.say(caller, turn).await,
            78..81 => {
                self.session.hang_up();
                self.come(addr).await;
            }
            81..84 => self.reopen(turn).await,
            84..90 => self.session.ask(json!({"type": "ping"}), Deed::Other).await,
            _ => {}
        }
    }

    async fn hand_on(&mut self, turn: &mut Turn) {
        let id = turn.pick(&self.held);
        let mut body = json!({"type": "conversation.transfer", "conversation_id": id});
        body["comment"] = json!("more of your kind");
        let event = "conversation.transferred";
        let deed = if turn.rng.permille(350) {
            body["agent_id"] = json!(turn.pick(&AGENTS));
            Deed::Give(id, event)
        } else {
            body["department_id"] = json!(turn.pick(&DEPARTMENTS));
            Deed::Change(id, event)
        };
        self.session.ask(body, deed).await;
    }

    async fn claim(&mut self, turn: &mut Turn) {
        let waiting = self.session.memory().lock().pick(&mut turn.rng, &["queued", "offered"]);
        let Some(id) = waiting else { return };
        let body = json!({"type": "conversation.claim", "conversation_id": id});
        self.session.ask(body, Deed::Give(id, "conversation.assigned")).await;
    }

    async fn reopen(&mut self, turn: &mut Turn) {
        let Some(id) = self.session.memory().lock().pick(&mut turn.rng, &["closed"]) else {
            return;
        };
        let body = json!({"type": "conversation.reopen", "conversation_id": id});
        self.session.ask(body, Deed::Change(id, "conversation.reopened")).await;
    }

    /// Online or away: said by itself, or by its boss.
    async fn say(&mut self, caller: &mut Caller, turn: &mut Turn) {
        let said = if turn.rng.permille(700) { "online" } else { "away" };
        let deed = Deed::Say(self.agent.clone(), said.to_owned());
        if turn.rng.permille(600) {
            let body = json!({"type": "availability.set", "availability": said});
            return self.session.ask(body, deed).await;
        }
        let path = format!("/v1/workspaces/{}/agents/{}/availability", self.workspace, self.agent);
        let ask = self.session.memory().lock().ask("root", None, deed);
        let answer = caller.call(Call::new("PUT", path, json!({"availability": said}))).await;
        let mut seen = self.session.memory().lock();
        match answer {
            Some(answer) if answer.is_done() => seen.done(ask, &Value::Null),
            Some(_) => seen.refused(ask),
            None => {}
        }
    }
}
