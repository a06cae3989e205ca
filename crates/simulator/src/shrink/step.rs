//! The steps of a history, as the scripts know them.

use switchboard_routing::{By, Command, Input, Origin};

use crate::node::Traced;

/// When every workspace begins, here as in the scripts.
pub(super) const BEGINNING: u64 = 1_000_000;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// The clock moves. Whoever asks after that, as everywhere, asks once what is due is done;
    /// what is taken up again is so before.
    Pass(i64),
    /// What is due is done.
    Tick,
    /// Somebody asks something.
    Ask(Box<Input>),
    /// The workspace is taken up again.
    Restart,
}

/// The steps of what a workspace went through.
pub(super) fn steps(trace: &[Traced]) -> Vec<Step> {
    let (mut steps, mut now, mut taken_up) = (Vec::new(), BEGINNING, false);
    for traced in trace {
        let Traced::Input(at, input) = traced else {
            taken_up = true;
            continue;
        };
        if *at != now {
            steps.push(Step::Pass(at.wrapping_sub(now).cast_signed()));
            now = *at;
        }
        steps.push(match input.command {
            Command::Recover if taken_up => Step::Restart,
            Command::Tick => Step::Tick,
            _ => Step::Ask(Box::new(plain(input))),
        });
        taken_up = false;
    }
    steps
}

/// Each step, and whether what is due is done after it.
pub(super) fn ticking(steps: &[Step]) -> impl Iterator<Item = (&Step, bool)> {
    let next = steps.iter().skip(1).map(Some).chain([None]);
    steps.iter().zip(next).map(|(step, next)| {
        let goes_on = matches!(step, Step::Pass(by) if *by > 0);
        (step, goes_on && next != Some(&Step::Restart))
    })
}

/// As the scripts say it: who asks is said where it may make a difference.
fn plain(input: &Input) -> Input {
    let mut input = input.clone();
    let somebody = matches!(
        input.command,
        Command::OpenConversation(_)
            | Command::CloseConversation { .. }
            | Command::ReopenConversation { .. }
            | Command::AcceptOffer { .. }
            | Command::DeclineOffer { .. }
            | Command::ClaimConversation { .. }
            | Command::AssignConversation { .. }
            | Command::TransferConversation { .. }
            | Command::SetAvailability { .. }
    );
    if !somebody {
        (input.origin, input.session) = (Origin::ROOT, None);
    }
    if !matches!(input.origin.by, By::Agent | By::Visitor) {
        input.session = None;
    }
    input
}
