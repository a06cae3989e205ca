//! A report, counted from the public feed of events by whoever has read `docs/reports.md` and not
//! the code: every figure is looked for by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::HOUR_MS;

/// What is counted of one department or agent in one bucket.
#[derive(Default)]
struct Row {
    counts: BTreeMap<&'static str, u64>,
    busy_ms: u64,
    waits: Vec<u64>,
}

impl Row {
    fn add(&mut self, what: &'static str, more: u64) {
        *self.counts.entry(what).or_default() += more;
    }

    fn json(&self) -> Value {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let percentile = |percent: usize| {
            let nth = (waits.len() * percent).div_ceil(100);
            nth.checked_sub(1).map(|nth| waits[nth])
        };
        let of = |what: &str| self.counts.get(what).copied().unwrap_or(0);
        let online = of("online_ms");
        json!({
            "opened": of("opened"), "assigned": of("assigned"), "closed": of("closed"),
            "rejected": of("rejected"), "abandoned": of("abandoned"),
            "wait_p50_ms": percentile(50), "wait_p90_ms": percentile(90),
            "wait_p99_ms": percentile(99),
            "handle_ms": of("handle_ms"), "handled": of("handled"),
            "missed_offers": of("missed_offers"), "online_ms": online,
            "occupancy": (online > 0).then(|| self.busy_ms as f64 / online as f64),
        })
    }
}

/// Where a conversation is by its events so far.
#[derive(Default)]
struct Place {
    holder: Option<(String, String, u64)>,
    waits_since: Option<u64>,
    /// A transfer to an agent by name was the first of this wait, and the last thing so far.
    named: bool,
}

#[derive(Default)]
struct Person {
    online: bool,
    present: bool,
    departments: BTreeSet<String>,
}

/// The feed, and what it says so far.
pub(super) struct Count {
    group: &'static str,
    bucket_ms: u64,
    rows: BTreeMap<(u64, String), Row>,
    places: BTreeMap<String, Place>,
    people: BTreeMap<String, Person>,
    clock: u64,
}

impl Count {
    /// The items and the totals of a report over all the events, until now.
    pub(super) fn report(
        events: &[Value],
        group: &'static str,
        bucket: &str,
        now: u64,
    ) -> (Value, Value) {
        let bucket_ms = if bucket == "day" { 24 * HOUR_MS } else { HOUR_MS };
        let (rows, places, people) = Default::default();
        let mut count = Self { group, bucket_ms, rows, places, people, clock: 0 };
        for event in events {
            count.pass(event["at"].as_u64().unwrap());
            count.happened(event);
        }
        count.pass(now);
        let mut all = Row::default();
        let mut items = Vec::new();
        for ((at, id), row) in &count.rows {
            let mut item = row.json();
            item["at"] = json!(at);
            item[format!("{group}_id")] = json!(id);
            items.push(item);
            row.counts.iter().for_each(|(what, count)| all.add(what, *count));
            all.busy_ms += row.busy_ms;
            all.waits.extend(&row.waits);
        }
        (Value::Array(items), all.json())
    }

    /// The row of whom an event is about.
    fn row(&mut self, at: u64, department: &str, agent: Option<&str>) -> Option<&mut Row> {
        let id = if self.group == "agent" { agent? } else { department };
        let at = at / self.bucket_ms * self.bucket_ms;
        Some(self.rows.entry((at, id.to_owned())).or_default())
    }

    fn add(&mut self, at: u64, of: (&str, Option<&str>), what: &'static str, more: u64) {
        if let Some(row) = self.row(at, of.0, of.1) {
            row.add(what, more);
        }
    }

    fn happened(&mut self, event: &Value) {
        let text = |field: &str| event[field].as_str();
        let (kind, at) = (text("type").unwrap(), event["at"].as_u64().unwrap());
        let (department, agent) = (text("department_id").unwrap_or_default(), text("agent_id"));
        if let Some(id) = text("conversation_id") {
            self.conversation(id, event, kind, at);
        }
        let whose = (department, agent);
        match kind {
            "conversation.opened" => self.add(at, (department, None), "opened", 1),
            "conversation.rejected" => self.add(at, (department, None), "rejected", 1),
            "conversation.assigned" => self.add(at, whose, "assigned", 1),
            "conversation.closed" => self.add(at, whose, "closed", 1),
            "offer.expired" => self.add(at, whose, "missed_offers", 1),
            "workspace.recovered" => self.people.values_mut().for_each(|p| p.present = false),
            "department.deleted" => self.people.values_mut().for_each(|person| {
                person.departments.remove(department);
            }),
            "agent.removed" => {
                self.people.remove(agent.unwrap());
            }
            "agent.added"
            | "agent.availability_changed"
            | "agent.presence_changed"
            | "membership.changed" => {
                let person = self.people.entry(agent.unwrap().to_owned()).or_default();
                let data = &event["data"];
                match kind {
                    "agent.availability_changed" => {
                        person.online = data["availability"] == "online"
                    }
                    "agent.presence_changed" => person.present = data["present"] == true,
                    "membership.changed" if data["member"] == true => {
                        person.departments.insert(department.to_owned());
                    }
                    "membership.changed" => {
                        person.departments.remove(department);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Waits, assignments that are over, and who gave up.
    fn conversation(&mut self, id: &str, event: &Value, kind: &str, at: u64) {
        let (department, agent) = (event["department_id"].as_str().unwrap(), &event["agent_id"]);
        let mut place = self.places.remove(id).unwrap_or_default();
        let moves = !matches!(
            kind,
            "conversation.offered" | "offer.declined" | "offer.expired" | "offer.withdrawn"
        );
        let holder = if moves { place.holder.take() } else { None };
        if kind == "conversation.closed"
            && holder.is_none()
            && ["visitor", "visitor_left"].iter().any(|by| event["by"] == *by)
        {
            self.add(at, (department, None), "abandoned", 1);
        }
        if let Some((agent, department, since)) = holder {
            self.add(at, (&department, Some(&agent)), "handled", 1);
            self.add(at, (&department, Some(&agent)), "handle_ms", at - since);
        }
        match kind {
            "conversation.closed" | "conversation.rejected" => return,
            "conversation.assigned" => {
                let agent = agent.as_str().unwrap();
                let since = place.waits_since.take();
                if let Some(since) = since.filter(|_| !place.named) {
                    let row = self.row(at, department, Some(agent)).unwrap();
                    row.waits.push(at - since);
                }
                place.holder = Some((agent.to_owned(), department.to_owned(), at));
                place.named = false;
            }
            _ => {
                let begins = moves && place.waits_since.is_none();
                place.named = begins && event["data"]["to_agent_id"].is_string();
                place.waits_since = place.waits_since.or(Some(at).filter(|_| moves));
            }
        }
        self.places.insert(id.to_owned(), place);
    }

    /// Time goes by for those who are online and present.
    fn pass(&mut self, until: u64) {
        let held: BTreeSet<(String, String)> = self
            .places
            .values()
            .filter_map(|place| place.holder.clone())
            .map(|(agent, department, _)| (agent, department))
            .collect();
        let there: Vec<_> = self.people.iter().filter(|(_, p)| p.online && p.present).collect();
        let there: Vec<_> =
            there.into_iter().map(|(id, p)| (id.clone(), p.departments.clone())).collect();
        while self.clock < until && !there.is_empty() {
            let next = until.min((self.clock / HOUR_MS + 1) * HOUR_MS);
            let (at, ms) = (self.clock, next - self.clock);
            for (agent, departments) in &there {
                let by_agent = self.group == "agent";
                let those = if by_agent {
                    vec![""]
                } else {
                    departments.iter().map(String::as_str).collect()
                };
                for department in those {
                    let is_own = |(who, of): &(String, String)| {
                        who == agent && (by_agent || of == department)
                    };
                    let busy = held.iter().any(is_own);
                    let row = self.row(at, department, Some(agent)).unwrap();
                    row.add("online_ms", ms);
                    row.busy_ms += if busy { ms } else { 0 };
                }
            }
            self.clock = next;
        }
        self.clock = until;
    }
}
