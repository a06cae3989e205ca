//! Who comes back: sessions go on or begin anew, requests are repeated, and agents have what they
//! had.

use std::{net::SocketAddr, time::Instant};

use serde_json::Value;
use switchboard_simulator::Rng;

use super::Holders;
use crate::{
    report::{Fault, Report},
    session::Session,
    tenant::Tenant,
};

/// Everybody comes back. `holders` is who had what when nobody was there yet; it holds for as long
/// as the grace of who is away, so that it is known only where that is not over.
pub(crate) async fn come_back(
    tenant: &mut Tenant,
    addr: SocketAddr,
    holders: &Holders,
    grace_ends: Instant,
    report: &mut Report,
    rng: &mut Rng,
) {
    // First all agents, who would else be given what others did not come back for.
    let mut caught = Vec::new();
    for device in &mut tenant.devices {
        let Some(welcome) = device.come(addr).await else {
            report.wrong(Fault::Lost, format!("{} is not let in", device.agent));
            continue;
        };
        if Instant::now() < grace_ends {
            kept(&device.agent, &welcome, holders, report);
        }
        caught.push((device, welcome));
    }
    for (device, welcome) in caught {
        goes_on(&mut device.session, &welcome, report).await;
    }
    for page in &mut tenant.pages {
        let before = page.session.by_id.clone();
        let Some(welcome) = page.come(addr).await else {
            report.wrong(Fault::Lost, format!("{before:?} is not let in"));
            continue;
        };
        goes_on(&mut page.session, &welcome, report).await;
        // Opened once more: what was not answered twice, and something from before.
        let memory = page.session.memory().clone();
        let unknown = |ask: usize| memory.lock().asks[ask].outcome == crate::seen::Outcome::Unknown;
        let open: Vec<_> = page.opens.iter().filter(|open| unknown(open.ask)).cloned().collect();
        let older = rng.pick(&page.opens).cloned();
        for again in open.iter().chain(&open).cloned().chain(older) {
            page.session.ask_again(again.clone()).await;
            let answer = page.session.settle().await;
            report.keys += 1;
            let good = answer.as_ref().is_some_and(|answer| answer["type"] == "ok");
            report.hold(good, Fault::Lost, || format!("{} again: {answer:?}", again.body));
        }
    }
}

/// Everything that the agent had, it has.
fn kept(agent: &str, welcome: &Value, holders: &Holders, report: &mut Report) {
    let conversations = welcome["conversations"].as_array().cloned().unwrap_or_default();
    for id in holders.get(agent).into_iter().flatten() {
        let has = conversations.iter().any(|shown| shown["id"] == **id);
        report.kept += 1;
        report.hold(has, Fault::Lost, || format!("{agent} had {id}, and comes back without it"));
    }
}

/// A session that goes on hears all that it missed, and repeats what it asked; one that begins anew
/// is told everything by its welcome.
async fn goes_on(session: &mut Session, welcome: &Value, report: &mut Report) {
    if welcome["resumed"] != true {
        report.anew += u64::from(session.was_here);
        // Nobody knows what became of it: the next look counts it as perhaps done.
        session.pending = None;
        return;
    }
    report.resumed += 1;
    let seq = welcome["seq"].as_u64().unwrap_or_default();
    let caught_up = session.catch_up(seq).await;
    report.hold(caught_up, Fault::Lost, || format!("up to {seq} were missed: {session:?}"));
    if let Some(pending) = session.pending.take() {
        session.send(pending.clone()).await;
        let answer = session.settle().await;
        report.references += 1;
        report.hold(answer.is_some(), Fault::Lost, || format!("no answer to {}", pending.body));
    }
    if let Some((first, again)) = session.repeat().await {
        report.references += 1;
        let same = again.as_ref() == Some(&first);
        report.hold(same, Fault::Doubled, || format!("answered {first} and then {again:?}"));
    }
}
