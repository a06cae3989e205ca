//! Random policies and settings: short, round durations, so that much is due at once.

use proptest::{option, prelude::*, sample::select};
use switchboard_routing::{
    Config, DepartmentId, OnAgentLost, OnUnstaffed, PlanLimits, Policy, Status, Strategy as Picks,
};

use crate::commands::department;

fn pause(from: &'static [u64]) -> impl Strategy<Value = u64> {
    select(from)
}

/// Mostly nothing; else one of these.
fn seldom(from: &'static [u64]) -> impl Strategy<Value = Option<u64>> {
    option::weighted(0.25, select(from))
}

fn ways() -> impl Strategy<Value = Policy> {
    let strategy = select(vec![Picks::LeastBusy, Picks::RoundRobin, Picks::LongestIdle]);
    let unstaffed = prop_oneof![
        3 => Just(OnUnstaffed::Queue),
        1 => Just(OnUnstaffed::Reject),
        2 => Just(OnUnstaffed::Fallback),
    ];
    let lost = prop_oneof![3 => Just(OnAgentLost::Requeue), 1 => Just(OnAgentLost::Keep)];
    let fallback = option::weighted(0.6, department());
    (strategy, unstaffed, lost, fallback).prop_map(|(strategy, on_unstaffed, lost, fallback)| {
        Policy {
            strategy,
            on_unstaffed,
            on_agent_lost: lost,
            fallback_department_id: fallback,
            ..Policy::default()
        }
    })
}

/// Any policy.
pub(crate) fn policy() -> impl Strategy<Value = Box<Policy>> {
    let max_queue = prop_oneof![4 => Just(None), 1 => (0u32..4).prop_map(Some)];
    let agent_capacity = prop_oneof![3 => Just(None), 1 => (0u32..3).prop_map(Some)];
    let offers = option::weighted(0.5, select(&[500u64, 1_000, 2_000][..]));
    let durations = (
        offers,
        pause(&[0, 500, 1_000, 3_000]),
        seldom(&[500, 2_000, 6_000]),
        pause(&[0, 1_000, 5_000, 10_000]),
        pause(&[0, 1_000, 5_000, 10_000]),
        pause(&[0, 0, 1_000, 2_500]),
    );
    (ways(), max_queue, agent_capacity, durations).prop_map(|(ways, max_queue, most, durations)| {
        let (offers, cooldown, max_wait, agents, visitors, wrap_up) = durations;
        Box::new(Policy {
            max_queue,
            agent_capacity: most,
            offer_timeout_ms: offers,
            decline_cooldown_ms: cooldown,
            max_wait_ms: max_wait,
            reconnect_grace_ms: agents,
            visitor_grace_ms: visitors,
            wrap_up_ms: wrap_up,
            ..ways
        })
    })
}

/// How long a department leads returning visitors to the same agent. Each keeps to its own: of
/// what is over, nothing is remembered for a policy that is to come.
pub(crate) fn sticky_ms(department: &DepartmentId) -> u64 {
    match department.as_str() {
        "d0" => 0,
        "d1" => 2_000,
        _ => 86_400_000,
    }
}

/// Any settings.
pub(crate) fn config() -> impl Strategy<Value = Box<Config>> {
    let limit = |from| prop_oneof![6 => Just(None), 1 => (from..6u32).prop_map(Some)];
    let default = option::of(department());
    let suspended = prop_oneof![12 => Just(Status::Active), 1 => Just(Status::Suspended)];
    let away = (
        seldom(&[3_000, 9_000]),
        option::weighted(0.12, pause(&[4_000, 15_000])),
        pause(&[0, 2_000, 20_000, 20_000]),
    );
    (limit(3), limit(2), default, suspended, away).prop_map(
        |(seats, departments, default, status, (absent, idle, hold))| {
            Box::new(Config {
                limits: PlanLimits { seats, departments },
                default_department_id: default,
                status,
                absent_away_ms: absent,
                idle_away_ms: idle,
                mobile_hold_ms: hold,
                ..Config::default()
            })
        },
    )
}
