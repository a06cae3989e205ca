//! Workspace, departments, agents and what they said are as acknowledged; credentials are good.

use serde_json::Value;

use super::Look;
use crate::{
    http::{Call, Caller},
    report::Fault,
    seen::{Ask, Deed, Outcome, Register},
};

/// What is written of an agent, a department, a workspace. The rest follows from other things.
const WRITTEN: &[&str] = &[
    "id",
    "name",
    "policy",
    "email",
    "role",
    "capacity",
    "skills",
    "external_id",
    "department_ids",
    "plan",
    "limits",
    "settings",
    "status",
    "site_key",
    "created_at",
];

/// So much of what was said is told where it is not so.
const LATELY: usize = 6;

impl Look<'_> {
    /// Everything that one person alone writes.
    pub(crate) async fn settings(&mut self) {
        let registers = self.memory.lock().registers.clone();
        for (path, register) in registers {
            let place = match path.as_str() {
                "" => self.base.clone(),
                _ => format!("{}/{path}", self.base),
            };
            let answer = self.caller.call(Call::get(place)).await;
            let is = answer.filter(|answer| answer.status == 200).map(|answer| answer.json);
            self.report.settings += 1;
            self.setting(&path, &register, is.as_ref());
            // What it turned out to be is what it is from now on.
            self.memory.lock().registers.insert(path, Register { is, maybe: None });
        }
    }

    fn setting(&mut self, path: &str, register: &Register, is: Option<&Value>) {
        let as_acknowledged = match (&register.is, is) {
            (Some(acknowledged), Some(is)) => same(acknowledged, is),
            (None, None) => true,
            _ => false,
        };
        let as_asked = register.maybe.as_ref().zip(is).is_some_and(|(maybe, is)| same(maybe, is));
        self.report.hold(as_acknowledged || as_asked, Fault::Lost, || {
            format!("{path} was {:?}, perhaps {:?}, and is {is:?}", register.is, register.maybe)
        });
    }

    /// What agents said last, and since when, by whom: as acknowledged, and as the feed tells.
    pub(crate) async fn availability(&mut self) {
        let agents = self.caller.list(&format!("{}/agents", self.base)).await;
        for agent in &agents {
            let Some(id) = agent["id"].as_str() else { continue };
            let (said, may) = self.said(id);
            let last = {
                let seen = self.memory.lock();
                let of = |event: &&Value| {
                    event["type"] == "agent.availability_changed" && event["agent_id"] == id
                };
                seen.events.iter().rfind(of).cloned()
            };
            self.report.settings += 1;
            let is = &agent["availability"];
            let Some(last) = last else {
                let untouched = said.is_none_or(|said| *is == said);
                self.report.hold(untouched, Fault::Lost, || format!("{id} said {is}? {agent}"));
                continue;
            };
            let told = *is == last["data"]["availability"]
                && agent["availability_since"] == last["at"]
                && agent["availability_by"] == last["by"];
            self.report.hold(told, Fault::Untrue, || format!("{agent} is not as {last} says"));
            let by_itself = !matches!(last["by"].as_str(), Some("agent" | "root"));
            let asked =
                said.as_ref().is_some_and(|said| is == said) || may.iter().any(|may| is == may);
            self.report.hold(by_itself || asked, Fault::Lost, || {
                let says = |ask: &&Ask| matches!(&ask.deed, Deed::Say(own, _) if own == id);
                let seen = self.memory.lock();
                let asks: Vec<&Ask> = seen.asks.iter().filter(says).collect();
                let lately = &asks[asks.len().saturating_sub(LATELY)..];
                format!("{id} said {said:?}, perhaps {may:?}, and is {is}: {last}, {lately:#?}")
            });
        }
    }

    /// What an agent said last and was answered, and all that it said after that.
    fn said(&self, agent: &str) -> (Option<String>, Vec<String>) {
        let (mut said, mut may) = (None, Vec::new());
        for ask in &self.memory.lock().asks {
            let Deed::Say(own, value) = &ask.deed else { continue };
            if own != agent {
                continue;
            }
            match ask.outcome {
                Outcome::Done => (said, may) = (Some(value.clone()), Vec::new()),
                Outcome::Unknown => may.push(value.clone()),
                Outcome::Refused => {}
            }
        }
        (said, may)
    }

    /// Tokens and keys from before let in.
    pub(crate) async fn credentials(&mut self, site_key: &str) {
        let tokens = self.memory.lock().tokens.clone();
        for (agent, token) in &tokens {
            let answer = Caller::new(self.addr, token).call(Call::get("/v1/me")).await;
            let me = answer.map(|answer| answer.json["id"].clone());
            let good = me.as_ref().is_some_and(|me| me == agent);
            self.report.credentials += 1;
            self.report.hold(good, Fault::Lost, || format!("the token of {agent}: {me:?}"));
        }
        let path = format!("/v1/site?site_key={site_key}");
        let site = Caller::new(self.addr, "").call(Call::get(path)).await;
        let status = site.map(|answer| answer.status);
        self.report.credentials += 1;
        self.report.hold(status == Some(200), Fault::Lost, || format!("the site key: {status:?}"));
    }
}

/// Whether what was written is so: the order of departments is nobody's.
fn same(written: &Value, is: &Value) -> bool {
    let sorted = |value: &Value| {
        let mut ids: Vec<String> =
            value.as_array().into_iter().flatten().map(ToString::to_string).collect();
        ids.sort_unstable();
        ids
    };
    WRITTEN.iter().all(|field| match (written.get(field), is.get(field)) {
        (Some(written), Some(is)) if *field == "department_ids" => sorted(written) == sorted(is),
        (Some(written), Some(is)) if *field == "policy" => within(written, is),
        (Some(written), is) => Some(written) == is,
        (None, _) => true,
    })
}

/// Whether each field that was written is so.
fn within(written: &Value, is: &Value) -> bool {
    let Some(fields) = written.as_object() else { return written == is };
    fields.iter().all(|(field, value)| is.get(field) == Some(value))
}
