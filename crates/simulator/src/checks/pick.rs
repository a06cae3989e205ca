//! Rule 3: the strategy's choice, from the eligible; those who sleep after all who are awake.

use std::cmp::Ordering;

use switchboard_routing::{AssignmentCause, By, Strategy};

use super::{Given, Verdict};
use crate::ledger::{Agent, Department, Ledger};

pub(super) fn given(before: &Ledger, given: &Given<'_>) -> Verdict {
    let by_strategy = match given.cause {
        Some(AssignmentCause::Routed | AssignmentCause::Requeued) => true,
        None => given.record.origin.by == By::Engine,
        Some(_) => false,
    };
    let Some(c) = before.conversation(given.conversation) else { return Ok(()) };
    // Who is led back to the same agent is asked for before the strategy is.
    let led_back = given.cause.is_none() && (c.returns || before.served(c.visitor, given.agent));
    if !by_strategy || led_back {
        return Ok(());
    }
    let Some(room) = before.department(given.department) else { return Ok(()) };
    let able = before.able(before.free_in(given.department), given.conversation);
    match choice(before, room, able) {
        Some(chosen) if chosen != given.agent => {
            let (id, strategy) = (given.conversation, room.policy.strategy);
            Err(format!("c{id} goes to a{}, and {strategy:?} says a{chosen}", given.agent))
        }
        _ => Ok(()),
    }
}

/// Whom the strategy takes of these.
fn choice(before: &Ledger, room: &Department, able: u64) -> Option<usize> {
    let mut best: Option<(usize, usize, &Agent)> = None;
    for (place, member) in room.joined.iter().enumerate() {
        let Some(number) = member.filter(|number| able & 1 << number != 0) else { continue };
        let Some(agent) = before.agent(number) else { continue };
        let candidate = (place, number, agent);
        if best.is_none_or(|best| comes_first(room, candidate, best)) {
            best = Some(candidate);
        }
    }
    best.map(|(_, number, _)| number)
}

fn comes_first(
    room: &Department,
    (place, number, agent): (usize, usize, &Agent),
    (best_place, best_number, best): (usize, usize, &Agent),
) -> bool {
    let awake = best.is_awake().cmp(&agent.is_awake());
    let order = match room.policy.strategy {
        Strategy::LeastBusy => by_load(agent, best)
            .then(agent.last_assigned.cmp(&best.last_assigned))
            .then_with(|| id(number).cmp(&id(best_number))),
        Strategy::RoundRobin => {
            // After the last one first, from the beginning then.
            (place < room.turn, place).cmp(&(best_place < room.turn, best_place))
        }
        Strategy::LongestIdle => {
            agent.last_active.cmp(&best.last_active).then_with(|| id(number).cmp(&id(best_number)))
        }
    };
    awake.then(order) == Ordering::Less
}

/// Load ÷ capacity, compared exactly.
fn by_load(one: &Agent, other: &Agent) -> Ordering {
    let (one_load, other_load) = (u64::from(one.load), u64::from(other.load));
    (one_load * u64::from(other.capacity)).cmp(&(other_load * u64::from(one.capacity)))
}

/// Ties go by id, which is text.
fn id(number: usize) -> String {
    format!("a{number}")
}
