//! A session from the client's side: its stream, its place in it, and what it waits to be answered.

use std::{net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    seen::{Deed, Seen},
    socket::{DEADLINE, Socket},
};

/// What an observer remembers, shared by all who see something.
pub(crate) type Memory = Arc<Mutex<Seen>>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Session {
    /// As whom.
    hello: Value,
    /// As events say it.
    pub(crate) by: &'static str,
    /// The agent, or the visitor.
    pub(crate) by_id: Option<String>,
    memory: Memory,
    stream: Option<Value>,
    seq: u64,
    reference: i64,
    /// What has no answer yet.
    pub(crate) pending: Option<Pending>,
    answered: Option<(Value, Value)>,
    socket: Option<Socket>,
    /// Whether its last hello asked to go on.
    pub(crate) was_here: bool,
}

/// A request that has no answer.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// As it was sent.
    pub(crate) body: Value,
    /// What is remembered of it.
    pub(crate) ask: usize,
}

/// What is heard on a socket.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A push.
    Push(Value),
    /// The answer to what was pending.
    Answer(Value),
    /// The socket is over.
    Over,
}

impl Session {
    /// Somebody who never came yet.
    pub(crate) fn new(
        by: &'static str,
        by_id: Option<&str>,
        hello: Value,
        memory: &Memory,
    ) -> Self {
        Self {
            hello,
            by,
            by_id: by_id.map(str::to_owned),
            memory: Arc::clone(memory),
            stream: None,
            seq: 0,
            reference: 0,
            pending: None,
            answered: None,
            socket: None,
            was_here: false,
        }
    }

    /// Comes, or comes back: the welcome, if there is one. Nobody is told what was pending.
    pub(crate) async fn come(&mut self, addr: SocketAddr) -> Option<Value> {
        let mut socket = Socket::connect(addr).await?;
        self.reference += 1;
        let mut hello = self.hello.clone();
        (hello["type"], hello["ref"]) = (json!("hello"), json!(self.reference));
        self.was_here = self.stream.is_some();
        if let Some(stream) = &self.stream {
            hello["resume"] = stream.clone();
            hello["resume"]["seq"] = json!(self.seq);
        }
        if !socket.say(&hello).await {
            return None;
        }
        let welcome = timeout(DEADLINE, socket.next()).await.ok()??;
        if welcome["type"] == "going_away" {
            // It drains.
            return None;
        }
        if welcome["type"] != "welcome" {
            self.memory.lock().wrong.push(format!("no welcome but {welcome}"));
            return None;
        }
        self.welcomed(&welcome);
        self.socket = Some(socket);
        Some(welcome)
    }

    fn welcomed(&mut self, welcome: &Value) {
        let mut seen = self.memory.lock();
        if welcome["resumed"] == false {
            (self.seq, self.answered) = (0, None);
        } else if welcome["seq"].as_u64().is_none_or(|seq| seq < self.seq) {
            seen.wrong.push(format!("{} were shown, and now: {welcome}", self.seq));
        }
        let stream = json!({"session_id": welcome["session_id"], "epoch": welcome["epoch"]});
        self.stream = Some(stream);
        if let Some(token) = welcome["visitor_token"].as_str() {
            self.hello["visitor_token"] = json!(token);
        }
        if let Some(id) = welcome["visitor"]["id"].as_str() {
            // Nothing is kept of a visitor who never opened anything, but its token is enough.
            let known = self.by_id.get_or_insert_with(|| id.to_owned());
            if known != id {
                seen.wrong.push(format!("the token of {known} made {id} of it"));
            }
        }
        for conversation in welcome["conversations"].as_array().into_iter().flatten() {
            seen.show(conversation);
        }
    }

    /// Asks, under the next `ref`. Nothing else may be pending.
    pub(crate) async fn ask(&mut self, mut body: Value, deed: Deed) {
        self.reference += 1;
        body["ref"] = json!(self.reference);
        let ask = self.memory.lock().ask(self.by, self.by_id.as_deref(), deed);
        self.send(Pending { body, ask }).await;
    }

    /// Asks again for what is remembered already, under the next `ref`.
    pub(crate) async fn ask_again(&mut self, mut pending: Pending) {
        self.reference += 1;
        pending.body["ref"] = json!(self.reference);
        self.send(pending).await;
    }

    /// Sends what was pending once more, under its own `ref`.
    pub(crate) async fn send(&mut self, pending: Pending) {
        if let Some(socket) = &mut self.socket {
            socket.say(&pending.body).await;
        }
        self.pending = Some(pending);
    }

    /// What comes next. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            let Some(socket) = &mut self.socket else { return Heard::Over };
            let Some(said) = socket.next().await else {
                self.socket = None;
                return Heard::Over;
            };
            match said["type"].as_str() {
                Some("heartbeat") => {}
                Some("ok" | "error") => return self.answer(said),
                _ => {
                    self.heard(&said);
                    return Heard::Push(said);
                }
            }
        }
    }

    fn heard(&mut self, push: &Value) {
        let mut seen = self.memory.lock();
        if let Some(seq) = push["seq"].as_u64() {
            if seq != self.seq + 1 {
                seen.wrong.push(format!("after push {} came {push}", self.seq));
            }
            self.seq = seq;
        }
        seen.push(push);
    }

    fn answer(&mut self, said: Value) -> Heard {
        let Some(pending) = self.pending.take() else {
            self.memory.lock().wrong.push(format!("nobody asked: {said}"));
            return Heard::Push(said);
        };
        let mut seen = self.memory.lock();
        if said["ref"] != pending.body["ref"] {
            seen.wrong.push(format!("{} was answered {said}", pending.body));
        }
        if said["type"] == "ok" {
            seen.done(pending.ask, &said["conversation"]);
        } else {
            seen.refused(pending.ask);
        }
        // A ping does nothing, and its answer is the time: it need not outlive the server.
        if pending.body["type"] != "ping" {
            self.answered = Some((pending.body, said.clone()));
        }
        Heard::Answer(said)
    }

    /// The answer to what is pending, past whatever else comes; none where the socket ends.
    pub(crate) async fn settle(&mut self) -> Option<Value> {
        let settled = async {
            loop {
                match self.next().await {
                    Heard::Answer(answer) => return Some(answer),
                    Heard::Push(_) => {}
                    Heard::Over => return None,
                }
            }
        };
        timeout(DEADLINE, settled).await.ok().flatten()
    }

    /// Hears pushes until this one, which was given already; whether it came.
    pub(crate) async fn catch_up(&mut self, seq: u64) -> bool {
        let caught = async {
            while self.seq < seq {
                if let Heard::Over = self.next().await {
                    return false;
                }
            }
            true
        };
        timeout(DEADLINE, caught).await.unwrap_or(false)
    }

    /// Repeats the last request that was answered, under its `ref`: the answer then, and now.
    pub(crate) async fn repeat(&mut self) -> Option<(Value, Option<Value>)> {
        let (body, first) = self.answered.clone()?;
        let ask = self.memory.lock().ask(self.by, self.by_id.as_deref(), Deed::Other);
        self.send(Pending { body, ask }).await;
        Some((first, self.settle().await))
    }

    /// Hangs up without a word.
    pub(crate) fn hang_up(&mut self) {
        self.socket = None;
    }

    /// What everybody remembers.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// It ended on purpose: the next hello begins anew.
    pub(crate) fn forget(&mut self) {
        (self.stream, self.answered, self.socket) = (None, None, None);
    }
}
