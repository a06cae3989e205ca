//! Steps as lines of the language of `crates/routing/tests/rules/script.rs`.

mod line;

use std::collections::BTreeMap;

use switchboard_routing::Input;

use super::{
    replay::Replay,
    step::{self, Step},
};

/// What the devices of an agent and the pages of a visitor are called, in the order in which they
/// come up. Those after them go by number.
const DEVICES: [&str; 3] = ["desk", "phone", "tablet"];
const PAGES: [&str; 3] = ["tab", "page", "other"];

/// The devices that came up, by their sessions' ids.
#[derive(Debug, Default)]
struct Devices(BTreeMap<String, String>);

impl Devices {
    /// What a session is called: whose it is, and the device.
    fn name(&mut self, session: &str) -> (String, String) {
        let person = session.split('/').next().unwrap_or_default();
        let own = format!("{person}/");
        let count = self.0.keys().filter(|id| id.starts_with(&own)).count();
        let usual = if person.starts_with('v') { PAGES } else { DEVICES };
        let next = || usual.get(count).map_or_else(|| format!("device{count}"), |w| (*w).into());
        let device = self.0.entry(session.to_owned()).or_insert_with(next);
        (person.to_owned(), device.clone())
    }
}

/// So many questions at the end of a script at most.
const QUESTIONS: usize = 4;

/// The steps, line by line; at the end, where what is wrong is to be `seen` in the workspace, what
/// becomes of whom they are about.
pub(super) fn lines(steps: &[Step], seen: bool) -> Vec<String> {
    let mut replay = Replay::unjudged();
    let (mut lines, mut devices) = (Vec::new(), Devices::default());
    for (step, ticks) in step::ticking(steps) {
        match step {
            Step::Pass(by) => {
                let sign = if *by < 0 { '-' } else { '+' };
                let word = if ticks { "at" } else { "clock" };
                lines.push(format!("{word} {sign}{}", line::ms(by.unsigned_abs())));
            }
            Step::Tick => lines.push("at +0s".into()),
            Step::Restart => lines.push("restart".into()),
            Step::Ask(input) => {
                lines.extend(replay.is_due().then(|| "at +0s".to_owned()));
                lines.extend(asked(&replay, input, &mut devices));
            }
        }
        go_on(&mut replay, step);
        if ticks {
            go_on(&mut replay, &Step::Tick);
        }
    }
    let mut lines = staffed(lines);
    let agents = replay.core.agents().map(|agent| agent.id.as_str());
    let open = replay.core.conversations().map(|c| c.id.as_str());
    let questions = open.chain(agents).take(if seen { QUESTIONS } else { 0 });
    lines.extend(questions.map(|id| format!("? {id}")));
    lines
}

/// What it breaks on the way is not of interest here.
fn go_on(replay: &mut Replay<'_>, step: &Step) {
    let on = std::panic::AssertUnwindSafe(|| drop(replay.step(step)));
    let _ = std::panic::catch_unwind(on);
}

fn asked(replay: &Replay<'_>, input: &Input, devices: &mut Devices) -> Option<String> {
    replay.meant(input)?;
    line::line((&replay.core, replay.now), input, devices)
}

/// An agent who is added, connected and online is in one line.
fn staffed(lines: Vec<String>) -> Vec<String> {
    let mut short: Vec<String> = Vec::new();
    for line in lines {
        let is_online = line.strip_prefix("online ").filter(|who| !who.contains(' '));
        if let (Some(who), [.., added, connected]) = (is_online, short.as_slice())
            && *connected == format!("connect {who} desk")
            && let Some(rest) = added.strip_prefix(&format!("agent {who}"))
            && (rest.is_empty() || rest.starts_with(' '))
        {
            let staff = format!("staff {who}{rest}");
            short.truncate(short.len() - 2);
            short.push(staff);
        } else {
            short.push(line);
        }
    }
    short
}
