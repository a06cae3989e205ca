//! Every target on its seeds, on what was found before, and on small changes of both.
//!
//! An input that broke a target goes to `found/{target}/` and stays there: a test from then on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::{fs, path::Path};

use switchboard_fuzz::{TARGETS, Target};

/// So many changed inputs for each target.
const CHANGED: usize = 200;

/// The inputs in a folder, in the order of their names.
fn inputs(folder: &str, target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target.name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    /// A few bytes changed, taken out or doubled, or the end of another input.
    fn change(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut changed = input.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(changed.len());
            match self.below(4) {
                _ if changed.is_empty() => changed.push(0),
                0 => changed[at] = u8::try_from(self.below(256)).unwrap(),
                1 => drop(changed.remove(at)),
                2 => changed.insert(at, changed[at]),
                _ => {
                    changed.truncate(at);
                    changed.extend_from_slice(&other[self.below(other.len())..]);
                }
            }
        }
        changed
    }
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = inputs("seeds", target);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let known = [seeds, inputs("found", target)].concat();
    known.iter().for_each(|input| (target.run)(input));
    let mut chance = Chance(0x5eed);
    for _ in 0..CHANGED {
        let (input, other) = (chance.below(known.len()), chance.below(known.len()));
        (target.run)(&chance.change(&known[input], &known[other]));
    }
    (target.run)(b"");
}

#[test]
fn frames_mean_the_same_however_they_are_cut() {
    replay("frames");
}

#[test]
fn requests_are_answered_whatever_they_are() {
    replay("http");
}

#[test]
fn what_is_read_is_written_as_the_same() {
    replay("codecs");
}

#[test]
fn no_text_is_a_credential_but_those_that_are() {
    replay("credentials");
}

#[test]
fn what_is_no_record_is_an_error() {
    replay("records");
}

#[test]
fn sessions_are_the_same_however_they_are_cut() {
    replay("sessions");
}

#[test]
fn the_core_does_as_the_oracle_whatever_it_is_asked() {
    replay("commands");
}

#[test]
fn every_folder_of_inputs_is_a_targets() {
    for folder in ["seeds", "found"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries {
            let name = entry.unwrap().file_name();
            assert!(TARGETS.iter().any(|target| *target.name == *name), "{name:?} is no target");
        }
    }
}
