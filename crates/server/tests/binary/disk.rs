//! A disk that fails: every write of the process is refused by the system (a limit on the size of
//! its files, lowered and lifted from outside while it runs), then it is killed.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::process::{self, Scratch, Switchboard};

const KEY: &str = "key-of-the-operator-0123456789";
const DEADLINE: Duration = Duration::from_secs(20);

fn call(server: &Switchboard, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, body) = process::call(server.addr, method, path, KEY, body);
    (status, serde_json::from_str(&body).unwrap_or_default())
}

fn let_files_grow_to(server: &Switchboard, bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
}

fn open(server: &Switchboard, name: &str) -> (u16, Value) {
    let body = json!({"department_id": "sales", "external_id": name}).to_string();
    call(server, "POST", "/v1/workspaces/w/conversations", &body)
}

fn opened(server: &Switchboard) -> Vec<String> {
    let (status, page) = call(server, "GET", "/v1/workspaces/w/conversations?limit=100", "");
    assert_eq!(status, 200, "{page}");
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_the_disk_refuses_is_not_acknowledged_and_what_it_took_is_there_for_good() {
    let scratch = Scratch::new();
    let data = scratch.path("data");
    let flags = ["--data-dir", &data, "--root-key", KEY, "--limits", "off"];
    let server = Switchboard::start_with_failing_files(&scratch, &flags);
    let workspace = r#"{"id":"w","name":"W","plan":"custom"}"#;
    assert_eq!(call(&server, "POST", "/v1/workspaces", workspace).0, 201);
    let department = r#"{"id":"sales","name":"Sales"}"#;
    assert_eq!(call(&server, "POST", "/v1/workspaces/w/departments", department).0, 201);
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        for number in 0..5 {
            let name = format!("{round}-{number}");
            assert_eq!(open(&server, &name).0, 201);
            acknowledged.push(name);
        }
        let_files_grow_to(&server, Some(0));
        let (status, problem) = open(&server, "refused");
        assert_eq!((status, &problem["code"]), (500, &json!("internal")), "{problem}");
        let (status, problem) = call(&server, "GET", "/readyz", "");
        assert_eq!(status, 503, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains("nothing can be written"),
            "{problem}"
        );
        let_files_grow_to(&server, None);
        let begun = Instant::now();
        while call(&server, "GET", "/readyz", "").0 != 200 || open(&server, "after").0 != 201 {
            assert!(begun.elapsed() < DEADLINE, "it serves again");
        }
        acknowledged.push("after".to_owned());
    }
    assert_eq!(opened(&server), acknowledged);
    server.kill();
    let server = Switchboard::start_bare(&scratch, &flags, &[]);
    assert_eq!(opened(&server), acknowledged);
}
