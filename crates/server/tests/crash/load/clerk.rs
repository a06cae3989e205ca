//! Who alone changes a workspace's departments, people and settings, so that it knows what each of
//! them is, or may be where no answer came.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{AGENTS, DEPARTMENTS, Turn};
use crate::{
    http::{Call, Caller},
    process::ROOT,
    seen::{Deed, Keyed},
    session::Memory,
};

/// So many agents and departments are made at most.
const MOST: usize = 12;

/// See the module.
#[derive(Debug)]
pub(crate) struct Clerk {
    caller: Caller,
    memory: Memory,
    /// The workspace's path.
    base: String,
}

/// Changes things until the server is gone, or it is enough.
pub(crate) async fn clerk(addr: SocketAddr, workspace: String, memory: Memory, mut turn: Turn) {
    let mut clerk = Clerk::new(addr, &workspace, &memory);
    while turn.goes_on() {
        let answered = match turn.rng.below(100) {
            0..45 => clerk.change_policy(&mut turn).await,
            45..60 => clerk.change_agent(&mut turn).await,
            60..80 => clerk.change_member(&mut turn).await,
            80..90 => clerk.make_agent(&mut turn).await,
            90..94 => clerk.make_department(&mut turn).await,
            _ => clerk.change_workspace(&mut turn).await,
        };
        if answered.is_none() {
            return;
        }
        turn.think().await;
    }
}

impl Clerk {
    /// A workspace's clerk.
    pub(crate) fn new(addr: SocketAddr, workspace: &str, memory: &Memory) -> Self {
        let base = format!("/v1/workspaces/{workspace}");
        Self { caller: Caller::new(addr, ROOT), memory: memory.clone(), base }
    }

    /// Makes something with an id of its own; none where no answer came.
    pub(crate) async fn make(
        &mut self,
        kind: &str,
        body: Value,
        key: Option<String>,
    ) -> Option<Value> {
        let path = format!("{kind}/{}", body["id"].as_str().unwrap_or_default());
        self.memory.lock().write(&path, body.clone());
        let mut call = Call::new("POST", format!("{}/{kind}", self.base), body);
        call.key = key;
        self.perform(&path, call).await
    }

    /// Mints a token for an agent.
    pub(crate) async fn token(&mut self, agent: &str) -> Option<String> {
        let path = format!("{}/agents/{agent}/tokens", self.base);
        let answer = self.caller.call(Call::new("POST", path, json!({}))).await?;
        let token = answer.json["token"].as_str()?.to_owned();
        self.memory.lock().tokens.push((agent.to_owned(), token.clone()));
        Some(token)
    }

    async fn change(&mut self, path: &str, patch: Value) -> Option<Value> {
        let is = self.memory.lock().registers.get(path).and_then(|register| register.is.clone());
        let Some(mut maybe) = is else { return Some(Value::Null) };
        merge(&mut maybe, &patch);
        self.memory.lock().write(path, maybe);
        let place = match path {
            "" => self.base.clone(),
            _ => format!("{}/{path}", self.base),
        };
        self.perform(path, Call::new("PATCH", place, patch)).await
    }

    /// Calls; what is written is what the answer says.
    async fn perform(&mut self, path: &str, call: Call) -> Option<Value> {
        let ask = self.memory.lock().ask("root", None, Deed::Other);
        let keyed = call.key.is_some().then(|| {
            let mut seen = self.memory.lock();
            seen.keyed.push(Keyed {
                call: call.clone(),
                answer: None,
                ask,
                register: Some(path.to_owned()),
            });
            seen.keyed.len() - 1
        });
        let answer = self.caller.call(call).await?;
        let mut seen = self.memory.lock();
        let is = answer.is_done().then(|| answer.json.clone());
        seen.written(path, is);
        match answer.is_done() {
            true => seen.done(ask, &Value::Null),
            false => seen.refused(ask),
        }
        let json = answer.json.clone();
        if let Some(keyed) = keyed {
            seen.keyed[keyed].answer = Some(answer);
        }
        Some(json)
    }

    async fn change_policy(&mut self, turn: &mut Turn) -> Option<Value> {
        let department = turn.pick(&DEPARTMENTS);
        let timeout = json!(400 + turn.rng.below(1_500));
        // One assigns at once, one asks first, one does now this and now that.
        let (mut policy, offers) = match department {
            "sales" => (json!({}), false),
            "help" => (json!({}), true),
            _ => {
                (json!({"max_queue": turn.pick(&[json!(null), json!(4)])}), turn.rng.permille(500))
            }
        };
        policy["offer_timeout_ms"] = if offers { timeout } else { Value::Null };
        policy["strategy"] =
            turn.pick(&[json!("least_busy"), json!("round_robin"), json!("longest_idle")]);
        policy["decline_cooldown_ms"] = json!(50 + turn.rng.below(500));
        policy["sticky_ms"] = turn.pick(&[json!(0), json!(60_000)]);
        policy["wrap_up_ms"] = turn.pick(&[json!(0), json!(100)]);
        self.change(&format!("departments/{department}"), json!({"policy": policy})).await
    }

    async fn change_agent(&mut self, turn: &mut Turn) -> Option<Value> {
        let agent = turn.pick(&AGENTS);
        let patch = match turn.rng.below(3) {
            0 => json!({"capacity": 3 + turn.rng.below(6)}),
            1 => json!({"skills": turn.pick(&[json!([]), json!(["french"])])}),
            _ => json!({"name": format!("{agent} {}", turn.fresh())}),
        };
        self.change(&format!("agents/{agent}"), patch).await
    }

    async fn change_member(&mut self, turn: &mut Turn) -> Option<Value> {
        let (agent, department) = (turn.pick(&AGENTS[1..]), turn.pick(&DEPARTMENTS));
        let path = format!("agents/{agent}");
        let Some(is) = self.memory.lock().registers[&path].is.clone() else {
            return Some(Value::Null);
        };
        let mut ids: Vec<Value> = is["department_ids"].as_array().cloned().unwrap_or_default();
        ids.retain(|id| *id != department);
        let joins = turn.rng.permille(700);
        if joins {
            ids.push(json!(department));
        }
        let mut maybe = is;
        maybe["department_ids"] = json!(ids);
        self.memory.lock().write(&path, maybe.clone());
        let method = if joins { "PUT" } else { "DELETE" };
        let place = format!("{}/departments/{department}/members/{agent}", self.base);
        let answer = self.caller.call(Call::new(method, place, Value::Null)).await?;
        self.memory.lock().written(&path, answer.is_done().then_some(maybe));
        Some(answer.json)
    }

    async fn make_agent(&mut self, turn: &mut Turn) -> Option<Value> {
        if self.made("agents/") >= MOST {
            return Some(Value::Null);
        }
        let id = turn.fresh();
        let body = json!({
            "id": id, "email": format!("{id}@example.org"), "name": id, "external_id": id,
            "capacity": turn.rng.below(9), "department_ids": [turn.pick(&DEPARTMENTS)],
            "skills": ["french"],
        });
        let key = turn.rng.permille(500).then(|| format!("i{id}"));
        let made = self.make("agents", body, key).await?;
        self.token(&id).await?;
        Some(made)
    }

    async fn make_department(&mut self, turn: &mut Turn) -> Option<Value> {
        if self.made("departments/") >= MOST {
            return Some(Value::Null);
        }
        let id = turn.fresh();
        let body = json!({"id": id, "name": id, "policy": {"max_wait_ms": 60_000, "sticky_ms": 0}});
        let key = turn.rng.permille(500).then(|| format!("i{id}"));
        self.make("departments", body, key).await
    }

    async fn change_workspace(&mut self, turn: &mut Turn) -> Option<Value> {
        let patch = match turn.rng.below(2) {
            0 => json!({"name": turn.fresh()}),
            _ => json!({"limits": {"seats": 20 + turn.rng.below(80), "departments": null}}),
        };
        self.change("", patch).await
    }

    fn made(&self, kind: &str) -> usize {
        let seen = self.memory.lock();
        seen.registers.keys().filter(|path| path.starts_with(kind)).count()
    }
}

/// What PATCH makes of something.
fn merge(into: &mut Value, patch: &Value) {
    match patch {
        Value::Object(fields) if into.is_object() => {
            for (field, value) in fields {
                merge(&mut into[field.as_str()], value);
            }
        }
        value => *into = value.clone(),
    }
}
