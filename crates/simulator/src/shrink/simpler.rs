//! Simpler steps, while the same thing fails: what is as by default need not be said.

use switchboard_routing::{
    By, Command, Config, DEFAULT_CAPACITY, Input, OpenConversation, Origin, Policy, Role,
};

use super::step::Step;

/// Durations that are read at a glance.
const ROUND: [i64; 4] = [1_000, 10_000, 60_000, 600_000];

/// The steps of a failing run, each as simple as it may be.
pub(super) fn simpler(mut steps: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        for simpler in variants(step) {
            let mut changed = steps.clone();
            if let Some(step) = changed.get_mut(at) {
                // What went before may have made it as simple as that.
                let Some(simpler) = simpler.of(step) else { continue };
                *step = simpler;
            }
            if fails(&changed) {
                steps = changed;
            }
        }
        at += 1;
    }
    gathered(steps, fails)
}

/// One thing that can be simpler in a step.
enum Simpler {
    /// It is this one.
    Whole(Step),
    Input(fn(&mut Input)),
    Policy(fn(&mut Policy, &Policy)),
    Config(fn(&mut Config, &Config)),
    Open(fn(&mut OpenConversation)),
}

impl Simpler {
    /// The step so simplified; none: it is that already.
    fn of(&self, step: &Step) -> Option<Step> {
        let mut changed = step.clone();
        match (self, &mut changed) {
            (Self::Whole(simpler), changed) => *changed = simpler.clone(),
            (Self::Input(change), Step::Ask(input)) => change(input),
            (Self::Policy(change), Step::Ask(input)) => match &mut input.command {
                Command::CreateDepartment { policy, .. }
                | Command::UpdateDepartment { policy, .. } => change(policy, &Policy::default()),
                _ => return None,
            },
            (Self::Config(change), Step::Ask(input)) => match &mut input.command {
                Command::Configure(config) => change(config, &Config::default()),
                _ => return None,
            },
            (Self::Open(change), Step::Ask(input)) => match &mut input.command {
                Command::OpenConversation(open) => change(open),
                _ => return None,
            },
            _ => return None,
        }
        (changed != *step).then_some(changed)
    }
}

macro_rules! by_default {
    ($kind:ident: $($field:ident)*) => {
        [$(Simpler::$kind(|own, default| own.$field = default.$field.clone()),)*]
    };
}

fn variants(step: &Step) -> Vec<Simpler> {
    let input = match step {
        Step::Pass(by) => {
            let rounder = ROUND.into_iter().filter(|round| by != round && by % round != 0);
            return rounder.map(|round| Simpler::Whole(Step::Pass(round))).collect();
        }
        Step::Tick | Step::Restart => return Vec::new(),
        Step::Ask(input) => input,
    };
    let mut all = vec![Simpler::Input(|input| input.session = None)];
    // Who answers, claims and opens is said in any case.
    let says_who = matches!(
        input.command,
        Command::AcceptOffer { .. }
            | Command::DeclineOffer { .. }
            | Command::ClaimConversation { .. }
            | Command::OpenConversation(_)
    );
    if !says_who {
        all.push(Simpler::Input(|input| (input.origin, input.session) = (Origin::ROOT, None)));
    }
    match &input.command {
        Command::CreateDepartment { .. } | Command::UpdateDepartment { .. } => {
            all.push(Simpler::Policy(|policy, default| *policy = default.clone()));
            all.extend(by_default!(Policy: strategy offer_timeout_ms decline_cooldown_ms
                on_unstaffed max_queue max_wait_ms fallback_department_id on_agent_lost
                reconnect_grace_ms agent_capacity sticky_ms wrap_up_ms visitor_grace_ms));
        }
        Command::Configure(_) => {
            all.extend(by_default!(Config: limits status default_department_id absent_away_ms
                idle_away_ms mobile_hold_ms));
        }
        Command::OpenConversation(_) => {
            all.extend([
                Simpler::Input(by_its_visitor),
                Simpler::Open(|open| open.priority = 0),
                Simpler::Open(|open| open.skills.truncate(1)),
                Simpler::Open(|open| open.skills.clear()),
                Simpler::Open(|open| open.key = None),
            ]);
        }
        Command::AddAgent { .. } | Command::UpdateAgent { .. } => all.extend([
            Simpler::Input(usual_capacity),
            Simpler::Input(one_at_once),
            Simpler::Input(unskilled),
            Simpler::Input(no_admin),
            Simpler::Input(one_department),
        ]),
        Command::AssignConversation { .. } | Command::TransferConversation { .. } => {
            all.push(Simpler::Input(unforced));
        }
        Command::HoldSession { .. } => all.push(Simpler::Input(a_minute)),
        Command::ReserveSeats { .. } => {
            all.extend([Simpler::Input(one_seat), Simpler::Input(two_seats)]);
        }
        _ => {}
    }
    all
}

/// Who opens is who is said to.
fn by_its_visitor(input: &mut Input) {
    if let Command::OpenConversation(open) = &input.command {
        input.origin = Origin::new(By::Visitor, open.visitor_id.as_str());
        input.session = None;
    }
}

fn usual_capacity(input: &mut Input) {
    match &mut input.command {
        Command::AddAgent { capacity, .. } => *capacity = DEFAULT_CAPACITY,
        Command::UpdateAgent { capacity, .. } => *capacity = None,
        _ => {}
    }
}

fn one_at_once(input: &mut Input) {
    if let Command::AddAgent { capacity, .. } = &mut input.command
        && *capacity != DEFAULT_CAPACITY
    {
        *capacity = 1;
    }
}

fn unskilled(input: &mut Input) {
    match &mut input.command {
        Command::AddAgent { skills, .. } => skills.clear(),
        Command::UpdateAgent { skills, .. } => *skills = None,
        _ => {}
    }
}

fn no_admin(input: &mut Input) {
    match &mut input.command {
        Command::AddAgent { role, .. } => *role = Role::Agent,
        Command::UpdateAgent { role, .. } => *role = None,
        _ => {}
    }
}

fn one_department(input: &mut Input) {
    match &mut input.command {
        Command::AddAgent { department_ids, .. } => department_ids.truncate(1),
        Command::UpdateAgent { department_ids, .. } => *department_ids = None,
        _ => {}
    }
}

fn unforced(input: &mut Input) {
    if let Command::AssignConversation { force, .. } | Command::TransferConversation { force, .. } =
        &mut input.command
    {
        *force = false;
    }
}

fn one_seat(input: &mut Input) {
    if let Command::ReserveSeats { seats } = &mut input.command {
        seats.truncate(1);
    }
}

fn two_seats(input: &mut Input) {
    if let Command::ReserveSeats { seats } = &mut input.command {
        seats.truncate(2);
    }
}

fn a_minute(input: &mut Input) {
    if let Command::HoldSession { hold_ms, .. } = &mut input.command {
        *hold_ms = 60_000;
    }
}

/// An agent's first device and that it is online, next to its being added, where that makes no
/// difference: the scripts have one word for the three.
fn gathered(mut steps: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    for at in 0..steps.len() {
        let Some(Command::AddAgent { agent_id, .. }) = steps.get(at).and_then(asked) else {
            continue;
        };
        let attaches = |step: &Step| match asked(step) {
            Some(Command::AttachSession { session_id, .. }) => {
                session_id.as_str().split('/').next() == Some(agent_id.as_str())
            }
            _ => false,
        };
        let says = |step: &Step| match asked(step) {
            Some(Command::SetAvailability { agent_id: own, .. }) => own == agent_id,
            _ => false,
        };
        let mut rest = steps.get(at + 1..).unwrap_or_default().to_vec();
        let mut moved = steps.get(..=at).unwrap_or_default().to_vec();
        let first = rest.iter().position(attaches).map(|first| rest.remove(first));
        moved.extend(first);
        let first = rest.iter().position(says).map(|first| rest.remove(first));
        moved.extend(first);
        moved.append(&mut rest);
        if moved != steps && fails(&moved) {
            steps = moved;
        }
    }
    steps
}

fn asked(step: &Step) -> Option<&Command> {
    match step {
        Step::Ask(input) => Some(&input.command),
        _ => None,
    }
}
