//! The worlds in which estimates are tried: loads, staffing, room, services, patience, departments.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use switchboard_routing::{
    AgentId, Availability, Command, DepartmentId, Input, Origin, Policy, Refusal, Timestamp,
};

use super::{Calibration, Service, Stream, Watch, traffic::Streams};
use crate::centre::{Arrival, Centre, Change, Desk, Floor, Room, Traffic};

const MINUTE_MS: f64 = 6e4;
const HOUR_MS: u64 = 3_600_000;
/// How long a conversation takes where nothing else is said.
const SERVICE_MS: f64 = 5.0 * MINUTE_MS;
/// Agents take so long to answer what they are asked.
const ANSWER_MS: f64 = 6_000.0;

/// One of them.
#[derive(Clone, Debug)]
pub struct World {
    /// What it is like.
    pub name: &'static str,
    floor: Floor,
    streams: Vec<(DepartmentId, Stream)>,
    /// Whether every other agent goes away for every third hour.
    pauses: bool,
}

impl World {
    /// Agents who are all alike, in one department, with this load.
    fn plain(name: &'static str, agents: u32, capacity: u32, load: f64) -> Self {
        let floor = Floor::alike(agents, capacity, Policy { sticky_ms: 0, ..Policy::default() });
        let between_ms = SERVICE_MS / (load * f64::from(agents * capacity));
        let stream = Stream::plain(between_ms, SERVICE_MS);
        Self { name, floor, streams: vec![("d".into(), stream)], pauses: false }
    }

    fn with_streams(mut self, change: impl Fn(&mut Stream)) -> Self {
        self.streams.iter_mut().for_each(|(_, stream)| change(stream));
        self
    }

    fn with_policy(mut self, change: impl Fn(&mut Policy)) -> Self {
        self.floor.rooms.iter_mut().for_each(|room| change(&mut room.policy));
        self
    }

    fn with_desks(mut self, change: impl Fn(usize, &mut Desk)) -> Self {
        self.floor.desks.iter_mut().enumerate().for_each(|(at, desk)| change(at, desk));
        self
    }

    /// A second and a third department, to which so much of what comes goes; the agents of the
    /// first are members of all, unless something else is said later.
    fn with_departments(mut self, others: [(&str, f64, f64); 2]) -> Self {
        for (id, share, service_ms) in others {
            let id = DepartmentId::from(id);
            let Some((_, first)) = self.streams.first().cloned() else { continue };
            let between_ms = first.between_ms / share;
            self.streams.push((id.clone(), Stream { between_ms, service_ms, ..first }));
            let policy = self.floor.rooms.first().map(|room| room.policy.clone());
            self.floor.rooms.push(Room { id, policy: policy.unwrap_or_default() });
        }
        let all: Vec<_> = self.floor.rooms.iter().map(|room| room.id.clone()).collect();
        self.with_desks(|_, desk| desk.department_ids = all.clone())
    }

    /// Runs it until so many have come. What was told at arrivals, and later on.
    ///
    /// # Errors
    /// Where the engine refuses to make its departments or agents.
    pub fn run(&self, arrivals: u64, seed: u64) -> Result<[Calibration; 2], Refusal> {
        let rate: f64 = self.streams.iter().map(|(_, stream)| 1.0 / stream.between_ms).sum();
        let hours = (arrivals as f64 / rate) as u64 / HOUR_MS;
        let changes = if self.pauses { self.pauses(hours) } else { Vec::new() };
        let streams = Streams::new(&self.streams, changes, ANSWER_MS, arrivals, seed);
        let asked = Rc::new(RefCell::new(BTreeSet::new()));
        let traffic = Noted { streams, asked: asked.clone(), named: 0 };
        let mut watch = Watch::new(seed);
        Centre::new(self.floor.open(Timestamp(0))?, traffic)
            .run(|step| watch.observe(step, |number| asked.borrow_mut().remove(&number)));
        Ok([Calibration::of(&watch.at_arrival, watch.nulls), Calibration::of(&watch.later, 0)])
    }

    /// Every other agent goes away for every third hour.
    fn pauses(&self, hours: u64) -> Vec<Change> {
        let pausing: Vec<&AgentId> =
            self.floor.desks.iter().skip(1).step_by(2).map(|desk| &desk.id).collect();
        let at = |hour: u64, availability| {
            pausing.iter().map(move |agent_id| Change {
                at: Timestamp(hour * HOUR_MS),
                input: Input::new(
                    Origin::ROOT,
                    Command::SetAvailability { agent_id: (*agent_id).clone(), availability },
                ),
            })
        };
        (0..hours / 3)
            .flat_map(|third| {
                let away = at(3 * third + 2, Availability::Away);
                away.chain(at(3 * third + 3, Availability::Online))
            })
            .collect()
    }
}

/// Notes who never gives up, by number.
struct Noted {
    streams: Streams,
    asked: Rc<RefCell<BTreeSet<u64>>>,
    named: u64,
}

impl Traffic for Noted {
    fn arrival(&mut self) -> Option<Arrival> {
        let arrival = self.streams.arrival()?;
        if arrival.patience_ms.is_none() {
            self.asked.borrow_mut().insert(self.named);
        }
        self.named += 1;
        Some(arrival)
    }

    fn change(&mut self) -> Option<Change> {
        self.streams.change()
    }

    fn answer(
        &mut self,
        agent: &AgentId,
        asked: &switchboard_routing::Conversation,
    ) -> crate::centre::Answer {
        self.streams.answer(agent, asked)
    }
}

fn giving_up(world: World, patience_ms: f64) -> World {
    world.with_streams(|stream| stream.patience_ms = Some(patience_ms))
}

fn served(world: World, service: Service) -> World {
    world.with_streams(|stream| stream.service = service)
}

/// All of them.
pub fn worlds() -> Vec<World> {
    let plain = World::plain;
    let mut worlds = vec![
        plain("1 × 1, load 0.8", 1, 1, 0.8),
        plain("5 × 1, load 0.9", 5, 1, 0.9),
        plain("10 × 3, load 0.95", 10, 3, 0.95),
        plain("50 × 4, load 0.98", 50, 4, 0.98),
        served(plain("1 × 1, load 0.8, all the same", 1, 1, 0.8), Service::Steady),
        served(plain("5 × 2, load 0.95, all the same", 5, 2, 0.95), Service::Steady),
        served(plain("5 × 2, load 0.9, log-normal", 5, 2, 0.9), Service::LogNormal),
        served(plain("10 × 1, load 0.9, short and long", 10, 1, 0.9), Service::Mixed),
        giving_up(plain("2 × 1, load 1.5, patience 5 min", 2, 1, 1.5), SERVICE_MS),
        giving_up(plain("5 × 2, load 1.2, patience 5 min", 5, 2, 1.2), SERVICE_MS),
        giving_up(plain("20 × 3, load 1.5, patience 2 min", 20, 3, 1.5), 2.0 * MINUTE_MS),
        giving_up(
            served(plain("5 × 2, load 1.1, log-normal, 10 min", 5, 2, 1.1), Service::LogNormal),
            10.0 * MINUTE_MS,
        ),
    ];
    worlds.extend(several_departments());
    worlds.extend(policies_and_people());
    worlds
}

fn several_departments() -> [World; 4] {
    // As much service in each, of different lengths: the load is a third each.
    let others = [("e", 0.5, 2.0 * SERVICE_MS), ("f", 2.0, 0.5 * SERVICE_MS)];
    let three = |name, agents, load: f64| {
        World::plain(name, agents, 2, load / 3.0).with_departments(others)
    };
    [
        three("4 × 2 in 3 departments, load 0.9", 4, 0.9),
        three("6 × 2, some in each of 3, load 0.9", 6, 0.9).with_desks(|at, desk| {
            // Two are everywhere, the others in two of three.
            if at >= 2 {
                desk.department_ids.remove(at % 3);
            }
        }),
        three("4 × 2 in 3, rest of 1 min, load 0.8", 4, 0.8)
            .with_policy(|policy| policy.wrap_up_ms = 60_000),
        giving_up(three("4 × 2 in 3, load 1.3, patience 5 min", 4, 1.3), SERVICE_MS),
    ]
}

fn policies_and_people() -> [World; 7] {
    let plain = World::plain;
    [
        plain("5 × 2, rest of 1 min, load 0.75", 5, 2, 0.75)
            .with_policy(|policy| policy.wrap_up_ms = 60_000),
        plain("5 × 2, offers, load 0.9", 5, 2, 0.9)
            .with_policy(|policy| policy.offer_timeout_ms = Some(30_000)),
        plain("5 × 2, one in ten urgent, load 0.9", 5, 2, 0.9)
            .with_streams(|stream| stream.urgent_permille = 100),
        plain("6 × 2, half need a skill of half, 0.9", 6, 2, 0.9)
            .with_streams(|stream| stream.skilled_permille = 500)
            .with_desks(|at, desk| {
                if at % 2 == 0 {
                    desk.skills.push(Stream::SKILL.to_owned());
                }
            }),
        plain("10 × 2, load 0.45 to 1.35", 10, 2, 0.9).with_streams(|stream| stream.swing = 0.5),
        World { pauses: true, ..plain("6 × 2, half away at times, load 0.75", 6, 2, 0.75) },
        World {
            pauses: true,
            ..giving_up(plain("6 × 2, half away, 0.9, 5 min", 6, 2, 0.9), SERVICE_MS)
        },
    ]
}
