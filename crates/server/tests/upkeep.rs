//! `check`, `backup`, `export` and `import` of the real binary, on what a real server left.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "not all of it is needed here")]
#[path = "binary/process.rs"]
mod process;

use std::{fs, os::unix::fs::MetadataExt, process::Command};

use process::{Made, Scratch, Switchboard, call, workspace};

const ROOT: &str = "rk_of_the_operator_here";

/// What a command ended with, and what it said.
fn run(args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let output = command.args(args).env_remove("SWITCHBOARD_DATA_DIR").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn serve(scratch: &Scratch, data: &str) -> Switchboard {
    Switchboard::start_bare(scratch, &["--data-dir", data, "--root-key", ROOT], &[])
}

fn conversations(server: &Switchboard, made: &Made) -> String {
    let path = format!("/v1/workspaces/{}/conversations", made.id);
    let (status, body) = call(server.addr, "GET", &path, ROOT, "");
    assert_eq!(status, 200, "{body}");
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    let of = &list["items"][0];
    format!("{} {} {}", of["id"], of["state"], of["visitor"]["id"])
}

#[test]
fn a_backup_of_a_running_server_is_served_by_another() {
    let scratch = Scratch::new();
    let (data, copy) = (scratch.path("data"), scratch.path("copy.db"));
    let server = serve(&scratch, &data);
    let made = workspace(&server, ROOT);
    let there = conversations(&server, &made);
    let (code, said) = run(&["check", &data]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("a server runs") && said.contains("sound: 1 workspaces, "), "{said}");
    let (code, said) = run(&["backup", &data, &copy]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);
    let (code, said) = run(&["backup", &data, &copy]);
    assert!(code == 1 && said.contains("exists"), "{said}");
    assert_eq!(run(&["check", &copy]).0, 0);
    drop(server);
    let restored = scratch.path("restored");
    fs::create_dir(&restored).unwrap();
    fs::copy(&copy, format!("{restored}/switchboard.db")).unwrap();
    let server = serve(&scratch, &restored);
    assert_eq!(conversations(&server, &made), there);
    assert_eq!(server.terminate().0, 0);
}

#[test]
fn a_workspace_moves_from_one_server_to_another() {
    let scratch = Scratch::new();
    let (data, file, to) = (scratch.path("data"), scratch.path("acme.jsonl"), scratch.path("to"));
    let server = serve(&scratch, &data);
    let made = workspace(&server, ROOT);
    let there = conversations(&server, &made);
    let (code, said) = run(&["export", "--data-dir", &data, &made.id, "--output", &file]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let (code, printed) = run(&["export", "--data-dir", &data, &made.id]);
    assert_eq!((code, printed.lines().count()), (0, scratch.read("acme.jsonl").lines().count()));
    let (code, said) = run(&["import", "--data-dir", &data, &file]);
    assert!(code == 1 && said.contains("in use by another process"), "{said}");
    assert_eq!(server.terminate().0, 0);
    let (code, said) = run(&["import", "--data-dir", &data, &file]);
    assert!(code == 1 && said.contains("is in use or was"), "{said}");
    let (code, said) = run(&["export", "--data-dir", &data, "nobody"]);
    assert!(code == 1 && said.contains("there is no workspace \"nobody\""), "{said}");

    let (code, said) = run(&["import", "--data-dir", &to, &file]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(run(&["check", &to]).0, 0);
    let server = serve(&scratch, &to);
    assert_eq!(conversations(&server, &made), there);
    // Credentials of before hold.
    assert_eq!(call(server.addr, "GET", "/v1/me", &made.token, "").0, 200);
    assert_eq!(server.terminate().0, 0);
}

#[test]
fn a_check_ends_with_what_it_found() {
    let scratch = Scratch::new();
    let data = scratch.path("data");
    let server = serve(&scratch, &data);
    workspace(&server, ROOT);
    assert_eq!(server.terminate().0, 0);
    let (code, said) = run(&["check", &data]);
    assert_eq!((code, said.lines().count()), (0, 1), "{said}");

    let database = format!("{data}/switchboard.db");
    let mut bytes = fs::read(&database).unwrap();
    let name = bytes.windows(15).rposition(|window| window == b"ann@example.org").unwrap();
    bytes[name] ^= 1;
    fs::write(&database, bytes).unwrap();
    let (code, said) = run(&["check", &data]);
    assert_eq!(code, 1, "{said}");
    let found = |line: &str| line.starts_with("people ") && line.ends_with(" not what was written");
    assert!(said.lines().any(found), "{said}");
    assert!(said.lines().last().unwrap().starts_with("damaged: 1 workspaces"), "{said}");

    let (code, said) = run(&["check", &scratch.path("nowhere")]);
    assert!(code == 2 && said.contains("there is no database"), "{said}");
}
