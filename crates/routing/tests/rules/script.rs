//! The language of the scripts: one step a line, `#` begins a comment.
//!
//! ```text
//! department sales strategy=round_robin max_queue=3 fallback=support grace=30s
//! policy sales max_queue=none             # changes what is named, leaves the rest
//! closes sales | opens sales              # opening hours
//! delete department sales
//! agent ann in sales,support capacity=2 skills=french role=admin
//! staff ann in sales capacity=2           # agent + connect ann desk + online ann
//! change ann capacity=3 skills=french role=agent departments=sales
//! invite i1,i2 for 72h | resend i1 for 72h | revoke i1      # the seats that invites hold
//! agent ann in sales invite=i1            # ann accepts
//! join ann sales | leave ann sales | remove ann
//! online ann | away ann
//! connect ann phone | lose ann phone | end ann phone        # v1, v2, … are visitors
//! open c1 by v1 in sales priority=5 skills=french key=k content=x from=tab
//! close c1 | close c1 by ann | close c1 by v1 | reopen c1 by v1 | close c1 as admin eve
//! accept c1 by ann | decline c1 by ann from=desk | accept c1 by ann late   # late: another offer's
//! claim c1 by ann | assign c1 to ben force | transfer c1 by ann in support to ben
//! hold ann phone for 60s | active ann
//! settings absent_away=10m idle_away=5m mobile_hold=10m seats=2 departments=1 default=sales
//! settings absent_away=none status=suspended
//! open c1 by v1 in sales as api key       # the visitor's, by somebody else
//! forget v1 k | limits seats=2 departments=1 | default sales | suspend | recover
//! at +30s                                 # time moves, what is due is done
//! clock -10s                              # the next step comes at another time; nothing is done
//! restart                                 # snapshot, restore, recover
//! show people | show notices              # from here on
//! ? ann | ? c1 | ? queue sales | ? deadline | ? events | ? seats | ? invites | ? asleep
//! ? why c1 | ? needs c1                   # the last decision; what a waiting one waits for
//! ? served sales                          # how many are held, and with whom who is there
//! ? gist c1 | ? how c1                    # where it names many; how it came to its agent
//! staff a01..a60 in sales                 # a step for each of them
//! ```
//!
//! What is expected are the lines that the steps answer: what became of conversations, refusals,
//! what was asked with `?`. A refused step must have changed nothing, and at the end of every
//! script the log, replayed from its beginning and from a snapshot after each step, must give
//! the same workspace.

use switchboard_routing::*;

use crate::{always, commands, words};

/// Runs a script and compares what it answers.
#[track_caller]
pub(crate) fn check(script: &str, expected: &str) {
    let (said, expected) = (said(script), lines(expected).join("\n"));
    assert!(said == expected, "\n— said —\n{said}\n— expected —\n{expected}\n");
}

/// What a script answers.
pub(crate) fn said(script: &str) -> String {
    let mut world = World::default();
    for line in lines(script).iter().flat_map(|line| each(line)) {
        world.step(&line);
    }
    world.replays();
    world.said.join("\n")
}

fn lines(text: &str) -> Vec<String> {
    let text = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    text.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A line about `a01..a60` as a line about each of them.
fn each(line: &str) -> Vec<String> {
    let range = line.split_whitespace().find_map(|word| Some((word, word.split_once("..")?)));
    let Some((word, (first, last))) = range else { return vec![line.to_owned()] };
    let digits = first.trim_start_matches(char::is_alphabetic);
    let (name, width) = (first.trim_end_matches(digits), digits.len());
    let last = last.trim_start_matches(name).parse::<u32>().unwrap();
    let number = |number| line.replacen(word, &format!("{name}{number:0width$}"), 1);
    (digits.parse::<u32>().unwrap()..=last).map(number).collect()
}

/// A workspace, and what has been said of it.
pub(crate) struct World {
    pub(crate) workspace: Workspace,
    pub(crate) now: u64,
    pub(crate) said: Vec<String>,
    pub(crate) show_people: bool,
    pub(crate) show_notices: bool,
    /// Every decision, as it was made.
    pub(crate) decisions: Vec<Decision>,
    ended: Vec<Conversation>,
    log: Vec<Record>,
    snapshots: Vec<Snapshot>,
}

const BEGINNING: u64 = 1_000_000;

impl Default for World {
    fn default() -> Self {
        Self {
            workspace: Workspace::new(1),
            now: BEGINNING,
            said: Vec::new(),
            show_people: false,
            show_notices: false,
            decisions: Vec::new(),
            ended: Vec::new(),
            log: Vec::new(),
            snapshots: vec![Workspace::new(1).snapshot()],
        }
    }
}

impl World {
    fn step(&mut self, line: &str) {
        let words = Line::new(line);
        match (words.at(0), words.at(1)) {
            ("at", after) => {
                self.now += commands::ms(after.trim_start_matches('+'));
                self.ask(Input::new(Origin::ENGINE, Command::Tick));
                let next = self.workspace.next_deadline();
                let later = next.is_none_or(|(at, _)| at > self.workspace.clock());
                assert!(later, "whatever is due is done at once: {next:?}");
            }
            ("clock", by) => match by.strip_prefix('-') {
                Some(back) => self.now -= commands::ms(back),
                None => self.now += commands::ms(by.trim_start_matches('+')),
            },
            ("restart", _) => self.restart(),
            ("show", "people") => self.show_people = true,
            ("show", "notices") => self.show_notices = true,
            ("?", _) => self.said.push(words::answer(self, &words)),
            ("staff", agent) => {
                let hired = line.replacen("staff", "agent", 1);
                self.step(&hired);
                self.step(&format!("connect {agent} desk"));
                self.step(&format!("online {agent}"));
            }
            ("reopen", id) => {
                let ended = self.ended.iter().rev().find(|c| c.id.as_str() == id);
                let open = self.workspace.conversation(id);
                let conversation = Box::new(open.or(ended).expect("it was once").clone());
                let mut input = commands::input(
                    &self.workspace,
                    self.now,
                    &Line::new(&line.replacen("reopen", "close", 1)),
                );
                input.command = Command::ReopenConversation { conversation };
                self.ask(input);
            }
            _ => self.ask(commands::input(&self.workspace, self.now, &words)),
        }
    }

    fn ask(&mut self, input: Input) {
        let before = self.workspace.snapshot();
        let open: Vec<Conversation> = self.workspace.conversations().cloned().collect();
        let mut out = Vec::new();
        match self.workspace.handle(Timestamp(self.now), input, &mut out) {
            Ok(Done::Existing(id)) => self.said.push(format!("{id} it is")),
            Ok(Done::HeldUntil(at)) => {
                self.said.push(format!("held for {}ms", at.0 - self.now));
            }
            Ok(_) => {}
            Err(refusal) => {
                assert!(out.is_empty(), "a refusal puts nothing out: {out:?}");
                assert_eq!(self.workspace.snapshot(), before, "a refusal changes nothing");
                self.said.push(format!("refused: {}", words::refusal(refusal)));
            }
        }
        always::explained(&self.workspace, &out);
        let said = out.iter().filter_map(|output| words::said(self, output)).collect::<Vec<_>>();
        self.said.extend(said);
        for output in out {
            match output {
                Output::Event(record) => self.log.push(record.as_ref().clone()),
                Output::Decided(decision) => self.decisions.push(*decision),
                Output::Ended(conversation) => self.ended.push(*conversation),
                Output::Notice { .. } => {}
            }
        }
        self.snapshots.push(self.workspace.snapshot());
        always::holds(&self.workspace, &open, &self.ended);
    }

    /// The workspace is lost, and taken up again from what was kept.
    fn restart(&mut self) {
        let kept = serde_json::to_string(&self.workspace.snapshot()).unwrap();
        self.workspace = Workspace::restore(&serde_json::from_str(&kept).unwrap(), &[]);
        self.ask(Input::new(Origin::ENGINE, Command::Recover));
    }

    /// Whatever snapshot is taken up, with the events after it, it is the workspace that is here.
    fn replays(&self) {
        let live = self.workspace.snapshot();
        let written = self.log.iter().map(|record| serde_json::to_string(record).unwrap());
        let log: Vec<Record> = written.map(|text| serde_json::from_str(&text).unwrap()).collect();
        assert_eq!(log, self.log, "what is written is what is read");
        for snapshot in &self.snapshots {
            let tail = &log[snapshot.position as usize..];
            let again = Workspace::restore(snapshot, tail);
            assert_eq!(again.snapshot(), live, "from position {}", snapshot.position);
            assert_eq!(again.next_deadline(), self.workspace.next_deadline());
        }
    }
}

/// The words of a line, and its `key=value` settings.
pub(crate) struct Line<'a> {
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        Self { words: line.split_whitespace().collect() }
    }

    /// The word at a place; empty: there is none.
    pub(crate) fn at(&self, place: usize) -> &'a str {
        self.words.get(place).copied().unwrap_or_default()
    }

    /// The same, from the end.
    pub(crate) fn at_end(&self, place: usize) -> &'a str {
        self.words.iter().rev().nth(place).copied().unwrap_or_default()
    }

    /// The word after another.
    pub(crate) fn after(&self, word: &str) -> Option<&'a str> {
        let at = self.words.iter().position(|w| *w == word)?;
        self.words.get(at + 1).copied()
    }

    /// Whether a word is in it.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The value of a setting.
    pub(crate) fn set(&self, key: &str) -> Option<&'a str> {
        self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// All settings.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.words.iter().filter_map(|word| word.split_once('='))
    }
}
