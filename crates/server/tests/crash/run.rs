//! A run: load, kill, restart, look, and so on with the same data.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use switchboard_simulator::Rng;
use tokio::time::sleep;

use crate::{
    checks::{self, Holders},
    http::{Call, Caller},
    plan::{End, Plan},
    process::{Place, Process, ROOT},
    report::{Fault, Report},
    tenant::Tenant,
    wire::Wire,
};

/// The server lives so long under load, from its last client's return: milliseconds.
const LIFE: std::ops::Range<u64> = 30..600;
/// So many of a thousand times it is killed again while it starts, within so many milliseconds.
const DIES_EARLY: u32 = 200;
/// See [`DIES_EARLY`].
const EARLY: u64 = 60;
/// A server that lives on has done by then what had arrived.
const SETTLING: Duration = Duration::from_millis(50);
/// So many workspaces are in use at once.
const ACTIVE: usize = 2;
/// A workspace is in use for so many rounds, about.
const ROUNDS_OF_A_TENANT: u64 = 8;
/// The departments' `reconnect_grace_ms` is 30 s: with room for what looks take.
const GRACE: Duration = Duration::from_secs(25);

/// What a run came to, and where its data is.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What was found.
    pub(crate) report: Report,
    /// The folder.
    pub(crate) place: Place,
}

struct Run {
    place: Place,
    rng: Rng,
    report: Report,
    active: Vec<(Tenant, Holders)>,
    retired: Vec<Tenant>,
    /// DELETEd: whether that was answered.
    erased: Vec<(Tenant, bool)>,
    founded: u32,
    goes_back: bool,
}

/// Runs to the end, or to the first round with something wrong.
pub(crate) async fn run(plan: &Plan) -> Ran {
    let mut run = Run {
        place: Place::new(&plan.flags),
        rng: Rng::new(plan.seed),
        report: Report::default(),
        active: Vec::new(),
        retired: Vec::new(),
        erased: Vec::new(),
        founded: 0,
        goes_back: plan.goes_back,
    };
    let mut process = run.place.start().await;
    // Without a kill first: what is wrong then is no matter of durability.
    for round in 0..=plan.rounds + 1 {
        let end = match round {
            0 => End::Stop,
            round if round <= plan.rounds => plan.ends,
            _ if plan.ends == End::Kill => End::Drain,
            _ => break,
        };
        run.report.round = round;
        process = run.round(process, end).await;
        if !run.report.violations.is_empty() {
            break;
        }
    }
    run.report.round = plan.rounds;
    drop(process);
    Ran { report: run.report, place: run.place }
}

impl Run {
    async fn round(&mut self, process: Process, end: End) -> Process {
        let addr = process.addr;
        self.staff(addr).await;
        let grace_ends = Instant::now() + GRACE - process.age().min(GRACE);
        for (tenant, holders) in &mut self.active {
            let (report, rng) = (&mut self.report, &mut self.rng);
            checks::come_back(tenant, addr, holders, grace_ends, report, rng).await;
        }
        if !self.report.violations.is_empty() {
            return process;
        }
        let process = self.live(process, end).await;
        self.look(process.addr).await;
        process
    }

    /// New workspaces for those that have been in use for long.
    async fn staff(&mut self, addr: SocketAddr) {
        if self.active.len() == ACTIVE && self.rng.below(ROUNDS_OF_A_TENANT) < ACTIVE as u64 {
            let (mut tenant, _) = self.active.remove(0);
            tenant.hang_up();
            self.retired.push(tenant);
        }
        while self.active.len() < ACTIVE {
            self.founded += 1;
            let id = format!("w{}", self.founded);
            self.active.push((Tenant::found(addr, &id).await, Holders::new()));
        }
    }

    /// Everybody works until it ends; then it is there again.
    async fn live(&mut self, process: Process, end: End) -> Process {
        let stop = Arc::new(AtomicBool::new(false));
        let wire = Wire::lay(process.addr).await;
        let addr = if end == End::Cut { wire.addr } else { process.addr };
        let mut loads = Vec::new();
        for (tenant, _) in &mut self.active {
            loads.push(tenant.work(addr, &mut self.rng, self.report.round, &stop));
        }
        let erasing = self.erase(addr);
        sleep(Duration::from_millis(LIFE.start + self.rng.below(LIFE.end - LIFE.start))).await;
        let mut process = Some(process);
        match end {
            End::Kill => {
                process.take().into_iter().for_each(Process::kill);
                self.report.kills += 1;
            }
            End::Drain => {
                let well = match process.take() {
                    Some(process) => process.drain().await,
                    None => false,
                };
                self.report.hold(well, Fault::Untrue, || "it does not drain".to_owned());
            }
            End::Stop => stop.store(true, Ordering::Relaxed),
            End::Cut => {
                wire.cut();
                // What had arrived is done meanwhile, or is not.
                sleep(SETTLING).await;
            }
        }
        for ((tenant, _), load) in self.active.iter_mut().zip(loads) {
            tenant.rest(load).await;
            tenant.hang_up();
        }
        if let Some((tenant, erased)) = erasing {
            let answered = erased.await.expect("a task");
            self.erased.push((tenant, answered));
        }
        if let Some(process) = process {
            return process;
        }
        match self.report.round {
            1 if self.goes_back => self.place.remember(),
            2 if self.goes_back => self.place.go_back(),
            _ => {}
        }
        if end == End::Kill && self.rng.permille(DIES_EARLY) {
            self.place.die_early(Duration::from_millis(self.rng.below(EARLY))).await;
            self.report.early += 1;
        }
        let process = self.place.start().await;
        self.report.restarts.push(process.took);
        process
    }

    /// Now and then a workspace that is no longer in use is erased in the midst of it all.
    fn erase(&mut self, addr: SocketAddr) -> Option<(Tenant, tokio::task::JoinHandle<bool>)> {
        if self.retired.is_empty() || !self.rng.permille(250) {
            return None;
        }
        let index = self.rng.index(self.retired.len());
        let tenant = self.retired.swap_remove(index);
        let (path, after) = (format!("/v1/workspaces/{}", tenant.id), self.rng.below(LIFE.end));
        let erased = tokio::spawn(async move {
            sleep(Duration::from_millis(after)).await;
            let call = Call::new("DELETE", path, serde_json::Value::Null);
            let answer = Caller::new(addr, ROOT).call(call).await;
            answer.is_some_and(|answer| answer.status == 204)
        });
        Some((tenant, erased))
    }

    async fn look(&mut self, addr: SocketAddr) {
        let (report, rng) = (&mut self.report, &mut self.rng);
        for (tenant, holders) in &mut self.active {
            let Tenant { id, site_key, memory, .. } = &*tenant;
            *holders = checks::look(addr, id, site_key, memory, report, rng).await;
        }
        if let Some(tenant) = rng.pick(&self.retired) {
            let Tenant { id, site_key, memory, .. } = tenant;
            checks::look(addr, id, site_key, memory, report, rng).await;
        }
        for (tenant, answered) in std::mem::take(&mut self.erased) {
            if !answered && is_there(addr, &tenant.id).await {
                self.retired.push(tenant);
                continue;
            }
            checks::erased(addr, &tenant.id, report).await;
            self.erased.push((tenant, true));
        }
    }
}

async fn is_there(addr: SocketAddr, workspace: &str) -> bool {
    let path = format!("/v1/workspaces/{workspace}");
    let answer = Caller::new(addr, ROOT).call(Call::get(path)).await;
    answer.is_some_and(|answer| answer.status == 200)
}
