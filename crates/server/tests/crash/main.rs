//! `kill -9` of the real binary at random moments, under load, and an observer outside of it that
//! remembers every answer and every push: after each restart nothing that it was told is lost,
//! nothing was done twice, and the order is kept. See docs/proof.md.
//!
//! A plain `cargo test` does a few rounds; `cargo xtask crash --rounds N --seed S` as many as one
//! likes. Every choice that is made here follows from the seed, which is printed; when the server
//! does what between two of them does not, so that a seed comes near to a fault and no nearer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, reason = "a run says at its end what it came to")]

mod by_itself;
mod checks;
mod history;
mod http;
mod load;
mod plan;
mod planted;
mod process;
mod rejected;
mod report;
mod run;
mod seen;
mod session;
mod socket;
mod tenant;
mod wire;

use plan::{End, Plan};
use report::Fault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_it_is_killed() {
    holds(&Plan::from_environment()).await;
}

/// Nor when everybody's sockets are lost at once, and the server lives on: what of all this is a
/// matter of resuming and repeating, not of the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_wire_is_cut() {
    let flags = vec!["--in-memory".to_owned()];
    let plan = Plan::from_environment();
    holds(&Plan { ends: End::Cut, rounds: plan.rounds.min(20), flags, ..plan }).await;
}

async fn holds(plan: &Plan) {
    let ran = run::run(plan).await;
    println!("{:?}, seed {}\n{}\n", plan.ends, plan.seed, ran.report);
    if ran.report.violations.is_empty() {
        return ran.place.remove();
    }
    panic!(
        "seed {}: {}\nthe data is kept in {}; the server said at last:\n{}",
        plan.seed,
        ran.report,
        ran.place.kept(),
        ran.place.log()
    );
}

/// The observer can tell: a server that keeps nothing is found out by its first death.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_is_found_out() {
    let flags = vec!["--in-memory".to_owned()];
    found_out(Plan { rounds: 1, ends: End::Kill, seed: 1, flags, goes_back: false }).await;
}

/// And one that has lost no more than its last life, all of it consistent in itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_back_is_found_out() {
    found_out(Plan { rounds: 2, ends: End::Kill, seed: 2, flags: Vec::new(), goes_back: true })
        .await;
}

/// Something is lost in the last round, and nothing was wrong before.
async fn found_out(plan: Plan) {
    let ran = run::run(&plan).await;
    let lost = |violation: &report::Violation| violation.fault == Fault::Lost;
    assert!(ran.report.violations.iter().any(lost), "{}", ran.report);
    let in_time = ran.report.violations.iter().all(|violation| violation.round == plan.rounds);
    assert!(in_time, "before anything was lost: {}", ran.report);
    ran.place.remove();
}
