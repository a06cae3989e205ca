//! Each check can fail: what an observer remembers is falsified, one thing at a time, and the look
//! that found everything right before finds it out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::json;
use switchboard_simulator::Rng;
use tokio::time::sleep;

use crate::{
    checks::{self, Holders},
    process::{Place, Process},
    report::{Fault, Report},
    seen::{Ask, Deed, Outcome, Seen},
    session::Memory,
    tenant::Tenant,
};

/// Something to remember that is not so; false where there is nothing to falsify.
type Lie = fn(&mut Seen) -> bool;

const LIES: &[(&str, Fault, Lie)] = &[
    ("an event more", Fault::Lost, |seen| {
        let event = json!({"offset": seen.offset() + 1, "type": "agent.added", "at": 1});
        seen.events.push(event);
        true
    }),
    ("an event that was another", Fault::Lost, |seen| {
        seen.events[3]["at"] = json!(7);
        true
    }),
    ("a conversation more", Fault::Lost, |seen| {
        let known = seen.conversations.values().next().cloned();
        seen.conversations.insert("cnv_lost".to_owned(), known.unwrap_or_default());
        true
    }),
    ("a revision more", Fault::Lost, |seen| {
        let Some(known) = seen.conversations.values_mut().next() else { return false };
        known.states.insert(1_000, known.states.values().next().cloned().unwrap());
        true
    }),
    ("a state that was another", Fault::Lost, |seen| {
        let Some((id, known)) = seen.conversations.iter_mut().next() else { return false };
        let (revision, state) = known.states.iter_mut().next().unwrap();
        state.agent = Some("eve".to_owned());
        seen.fresh.push((id.clone(), *revision));
        true
    }),
    ("a fact that was another", Fault::Untrue, |seen| {
        let Some(known) = seen.conversations.values_mut().next() else { return false };
        known.facts.insert("attributes", json!({"cart": -1}));
        true
    }),
    ("a close that was acknowledged", Fault::Lost, |seen| {
        let Some(id) = seen.conversations.keys().next().cloned() else { return false };
        for _ in 0..100 {
            acknowledge(seen, Deed::Change(id.clone(), "conversation.closed"));
        }
        true
    }),
    ("a close that nobody asked for", Fault::Doubled, |seen| {
        let closed = |ask: &&mut Ask| {
            matches!(ask.deed, Deed::Change(_, "conversation.closed"))
                && ask.outcome == Outcome::Done
        };
        let Some(ask) = seen.asks.iter_mut().find(closed) else { return false };
        ask.outcome = Outcome::Refused;
        true
    }),
    ("an open that was acknowledged", Fault::Lost, |seen| {
        acknowledge(seen, Deed::Open("x0-lost".to_owned()));
        true
    }),
    ("an open that was refused", Fault::Doubled, |seen| {
        let opened = |ask: &&mut Ask| matches!(ask.deed, Deed::Open(_)) && ask.opened.is_some();
        let Some(ask) = seen.asks.iter_mut().find(opened) else { return false };
        ask.outcome = Outcome::Refused;
        true
    }),
    ("a key that was another's", Fault::Untrue, |seen| {
        let key = |keyed: &&crate::seen::Keyed| keyed.call.body["key"].is_string();
        let own: BTreeSet<usize> = seen.keyed.iter().filter(key).map(|keyed| keyed.ask).collect();
        for ask in &own {
            seen.asks[*ask].opened = Some("cnv_another".to_owned());
        }
        !own.is_empty()
    }),
    ("an answer that was another", Fault::Doubled, |seen| {
        seen.keyed_checked = 0;
        let answers = seen.keyed.iter_mut().filter(|keyed| keyed.call.key.is_some());
        let Some(answer) = answers.filter_map(|keyed| keyed.answer.as_mut()).next() else {
            return false;
        };
        answer.json = json!({"id": "another"});
        true
    }),
    ("an order that was another", Fault::Disordered, |seen| {
        seen.line.ids.reverse();
        seen.line.ids.len() > 1
    }),
    ("a policy that was another", Fault::Lost, |seen| {
        let help = seen.registers.get_mut("departments/help").unwrap();
        help.is.as_mut().unwrap()["policy"]["sticky_ms"] = json!(77);
        true
    }),
    ("an agent more", Fault::Lost, |seen| {
        seen.written("agents/eve", Some(json!({"id": "eve"})));
        true
    }),
    ("a token more", Fault::Lost, |seen| {
        seen.tokens.push(("ann".to_owned(), "at_of_nobody".to_owned()));
        true
    }),
    ("what agents said", Fault::Lost, |seen| {
        let mut last = BTreeMap::new();
        for event in &seen.events {
            if event["type"] == "agent.availability_changed" {
                last.insert(event["agent_id"].to_string(), event.clone());
            }
        }
        for event in last.values() {
            let agent = event["agent_id"].as_str().unwrap().to_owned();
            let other = if event["data"]["availability"] == "away" { "online" } else { "away" };
            acknowledge(seen, Deed::Say(agent, other.to_owned()));
        }
        !last.is_empty()
    }),
];

fn acknowledge(seen: &mut Seen, deed: Deed) {
    let ask = seen.ask("root", None, deed);
    seen.asks[ask].outcome = Outcome::Done;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_so_is_found_out() {
    let place = Place::new(&["--in-memory".to_owned()]);
    let process = place.start().await;
    let tenant = worked(&process).await;
    assert!(wrong(&process, &tenant, |_| true).await.unwrap().violations.is_empty());
    for (what, fault, lie) in LIES {
        let report = wrong(&process, &tenant, *lie).await;
        let report = report.unwrap_or_else(|| panic!("{what}: there is none"));
        let found = report.violations.iter().any(|violation| violation.fault == *fault);
        assert!(found, "{what} was not found out: {report}");
    }
    drop(process);
    place.remove();
}

/// A workspace that was at work, until some wait in it.
async fn worked(process: &Process) -> Tenant {
    let (mut rng, mut report) = (Rng::new(3), Report::default());
    let (addr, grace) = (process.addr, Instant::now() + Duration::from_secs(20));
    let mut tenant = Tenant::found(addr, "w").await;
    for round in 0.. {
        checks::come_back(&mut tenant, addr, &Holders::new(), grace, &mut report, &mut rng).await;
        let stop = Arc::new(AtomicBool::new(false));
        let load = tenant.work(addr, &mut rng, round, &stop);
        sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        tenant.rest(load).await;
        tenant.hang_up();
        assert!(report.violations.is_empty(), "{report}");
        if has_worked(&tenant.memory) {
            break;
        }
    }
    tenant
}

/// Whether there is something to falsify everywhere.
fn has_worked(memory: &Memory) -> bool {
    let mut seen = memory.lock().clone();
    seen.line.ids.len() > 5 && LIES.iter().all(|(_, _, lie)| lie(&mut seen))
}

/// What a look finds where this is believed; nothing where there is nothing to falsify.
async fn wrong(process: &Process, tenant: &Tenant, lie: Lie) -> Option<Report> {
    let mut seen = tenant.memory.lock().clone();
    if !lie(&mut seen) {
        return None;
    }
    let memory: Memory = Arc::new(Mutex::new(seen));
    let (mut report, mut rng) = (Report::default(), Rng::new(4));
    let (id, key) = (&tenant.id, &tenant.site_key);
    checks::look(process.addr, id, key, &memory, &mut report, &mut rng).await;
    Some(report)
}
