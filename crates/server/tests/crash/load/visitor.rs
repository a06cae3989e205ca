//! A visitor's page: it opens with a key, closes, reopens, leaves and comes back.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep_until};

use super::{DEPARTMENTS, Turn};
use crate::{
    seen::Deed,
    session::{Heard, Memory, Pending, Session},
};

/// So many of its conversations it cares for.
const MINE: usize = 6;

/// See the module.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its session.
    pub(crate) session: Session,
    /// Its opens, as they were asked.
    pub(crate) opens: Vec<Pending>,
    mine: Vec<(String, String)>,
}

impl Page {
    /// A page that never came.
    pub(crate) fn new(site_key: &str, name: &str, memory: &Memory) -> Self {
        let hello = json!({"site_key": site_key, "visitor": {"name": name}});
        let session = Session::new("visitor", None, hello, memory);
        Self { session, opens: Vec::new(), mine: Vec::new() }
    }

    /// Comes, or comes back.
    pub(crate) async fn come(&mut self, addr: SocketAddr) -> Option<Value> {
        let welcome = self.session.come(addr).await?;
        for conversation in welcome["conversations"].as_array().into_iter().flatten() {
            self.note(conversation);
        }
        Some(welcome)
    }

    /// Wants things until the server is gone, or it is enough.
    pub(crate) async fn visit(mut self, addr: SocketAddr, mut turn: Turn) -> Self {
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
                    self.act(addr, &mut turn).await;
                    next = Instant::now() + Duration::from_micros(500 + turn.rng.below(14_500));
                }
            }
        }
        self
    }

    fn note(&mut self, conversation: &Value) {
        let (Some(id), Some(state)) = (conversation["id"].as_str(), conversation["state"].as_str())
        else {
            return;
        };
        self.mine.retain(|(mine, _)| mine != id);
        self.mine.push((id.to_owned(), state.to_owned()));
        if self.mine.len() > MINE {
            self.mine.remove(0);
        }
    }

    fn hear(&mut self, push: &Value) {
        if push["conversation"].is_object() {
            return self.note(&push["conversation"]);
        }
        let ended =
            matches!(push["type"].as_str(), Some("conversation.closed" | "conversation.rejected"));
        let own = self.mine.iter_mut().find(|(id, _)| push["conversation_id"] == **id);
        if let (Some((_, state)), true) = (own, ended) {
            "closed".clone_into(state);
        }
    }

    fn one_that(&self, turn: &mut Turn, is_over: bool) -> Option<String> {
        let over = |state: &str| matches!(state, "closed" | "rejected");
        let fits: Vec<_> = self.mine.iter().filter(|(_, state)| over(state) == is_over).collect();
        turn.rng.pick(&fits).map(|(id, _)| id.clone())
    }

    async fn act(&mut self, addr: SocketAddr, turn: &mut Turn) {
        match turn.rng.below(100) {
            0..35 => self.open(turn).await,
            35..55 => {
                let Some(id) = self.one_that(turn, false) else { return };
                let body = json!({"type": "conversation.close", "conversation_id": id});
                self.session.ask(body, Deed::Change(id, "conversation.closed")).await;
            }
            55..65 => {
                let Some(id) = self.one_that(turn, true) else { return };
                let body = json!({"type": "conversation.reopen", "conversation_id": id});
                self.session.ask(body, Deed::Change(id, "conversation.reopened")).await;
            }
            65..72 => {
                if let Some(again) = self.opens.last().cloned() {
                    self.session.ask_again(again).await;
                }
            }
            72..77 => {
                self.session.hang_up();
                self.come(addr).await;
            }
            77..79 => {
                // Its answer may be lost with the socket: it goes in any case.
                self.session.ask(json!({"type": "session.end"}), Deed::Other).await;
                self.session.settle().await;
                self.session.pending = None;
                self.session.forget();
                self.come(addr).await;
            }
            _ => {}
        }
    }

    async fn open(&mut self, turn: &mut Turn) {
        let name = turn.fresh();
        let body = json!({
            "type": "conversation.open", "department_id": turn.pick(&DEPARTMENTS), "key": name,
            "external_id": name, "attributes": {"cart": turn.rng.below(1_000), "vip": true},
        });
        self.session.ask(body, Deed::Open(name)).await;
        self.opens.extend(self.session.pending.clone());
    }
}
