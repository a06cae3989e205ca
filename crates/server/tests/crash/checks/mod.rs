//! What has to hold after a restart, asked from outside: one promise to a file.

mod conversations;
mod feed;
mod keys;
mod people;
mod queue;
mod returns;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use switchboard_simulator::Rng;

use crate::{
    http::{Call, Caller},
    process::ROOT,
    report::{Fault, Report},
    session::Memory,
};

pub(crate) use returns::come_back;

/// Who has what, by agent.
pub(crate) type Holders = BTreeMap<String, BTreeSet<String>>;

/// A workspace that is looked at, and by whom.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    addr: SocketAddr,
    caller: Caller,
    /// Its path.
    base: String,
    memory: &'a Memory,
    report: &'a mut Report,
    rng: &'a mut Rng,
}

/// Looks at everything that a workspace showed, while nobody is on a socket. Who has what then.
pub(crate) async fn look(
    addr: SocketAddr,
    workspace: &str,
    site_key: &str,
    memory: &Memory,
    report: &mut Report,
    rng: &mut Rng,
) -> Holders {
    let base = format!("/v1/workspaces/{workspace}");
    let mut look = Look { addr, caller: Caller::new(addr, ROOT), base, memory, report, rng };
    look.heard_wrong();
    let there = look.caller.call(Call::get(look.base.clone())).await;
    if there.as_ref().is_none_or(|answer| answer.status != 200) {
        look.report.wrong(Fault::Lost, format!("{workspace} is not there: {there:?}"));
        return Holders::new();
    }
    // First what nobody's repeating changes.
    let (live, listed) = look.line_and_list().await;
    let histories = look.feed().await;
    look.conversations(&listed, &histories).await;
    look.deeds(&histories);
    look.order(&live, &listed, &histories);
    look.settings().await;
    look.availability().await;
    look.credentials(site_key).await;
    // Then what must change nothing, and what may have been done or not.
    look.repeat_keys().await;
    look.repeat_idempotency_keys().await;
    let listed = look.conversations_listed().await;
    look.opened_once(&listed);
    let mut holders = Holders::new();
    for conversation in listed.iter().filter(|listed| listed["state"] == "assigned") {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let (agent, id) = (text(&conversation["agent"]["id"]), text(&conversation["id"]));
        holders.entry(agent).or_default().insert(id);
    }
    look.heard_wrong();
    holders
}

impl Look<'_> {
    /// What was wrong the moment it was shown.
    fn heard_wrong(&mut self) {
        for wrong in std::mem::take(&mut self.memory.lock().wrong) {
            self.report.wrong(Fault::Untrue, wrong);
        }
        self.report.pushes += std::mem::take(&mut self.memory.lock().pushes);
    }
}

/// A workspace that was erased stays so, and nothing else is ever called by its name.
pub(crate) async fn erased(addr: SocketAddr, workspace: &str, report: &mut Report) {
    let mut caller = Caller::new(addr, ROOT);
    let there = caller.call(Call::get(format!("/v1/workspaces/{workspace}"))).await;
    let status = there.map(|answer| answer.status);
    report.hold(status == Some(404), Fault::Untrue, || format!("{workspace} is back: {status:?}"));
    let body = serde_json::json!({"id": workspace, "name": "Again", "plan": "free"});
    let made = caller.call(Call::new("POST", "/v1/workspaces", body)).await;
    let code = made.map(|answer| answer.json["code"].clone());
    let taken = code.as_ref().is_some_and(|code| code == "id_taken");
    report.hold(taken, Fault::Lost, || format!("the id {workspace} was given again: {code:?}"));
}
