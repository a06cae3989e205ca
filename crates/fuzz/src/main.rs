//! The fuzzer: libFuzzer around one target, which `SWITCHBOARD_FUZZ_TARGET` names. Built and
//! started by `cargo xtask fuzz`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| switchboard_fuzz::named_by_environment()(bytes));

/// Without coverage counters there is nothing to fuzz with.
#[cfg(not(fuzzing))]
#[allow(clippy::print_stdout, reason = "it has nothing else to say")]
fn main() {
    println!("start it with: cargo xtask fuzz");
}
