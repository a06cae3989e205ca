//! The binary as its operator meets it: what it is told and what it makes of it, keys, the log,
//! the drain, and running out of descriptors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod canaries;
mod disk;
mod process;

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use process::{Scratch, Switchboard, call, refused_to_start, workspace};
use switchboard_client::{Client, ConnectError, End, Options, Push};
use switchboard_protocol::ServerMessage;

const FLAG_KEY: &str = "key-of-the-flag-0123456789";
const ENVIRONMENT_KEY: &str = "key-of-the-environment-0123456789";
const FILE_KEY: &str = "key-of-the-file-0123456789";

fn opens(server: &Switchboard, key: &str) -> bool {
    call(server.addr, "GET", "/v1/workspaces", key, "").0 == 200
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let scratch = Scratch::new();
    let file = scratch.file("config.toml", &format!("root_key = '{FILE_KEY}'\n"));
    let (config, flag) = (["--config", &file], ["--root-key", FLAG_KEY]);
    let environment = [("SWITCHBOARD_ROOT_KEY", ENVIRONMENT_KEY)];
    for (flags, variables, expected) in [
        (config.to_vec(), vec![], FILE_KEY),
        (config.to_vec(), environment.to_vec(), ENVIRONMENT_KEY),
        ([config, flag].concat(), environment.to_vec(), FLAG_KEY),
        (flag.to_vec(), vec![("SWITCHBOARD_CONFIG", file.as_str())], FLAG_KEY),
    ] {
        let server = Switchboard::start(&scratch, &flags, &variables);
        for key in [FLAG_KEY, ENVIRONMENT_KEY, FILE_KEY] {
            assert_eq!(opens(&server, key), key == expected, "{key} with {flags:?} {variables:?}");
        }
    }
}

#[test]
fn an_unknown_key_of_the_file_is_refused_with_its_line() {
    let scratch = Scratch::new();
    let text = format!("in_memory = true\n# a comment\nlisen = 'x'\nroot_key = '{FILE_KEY}'\n");
    let file = scratch.file("config.toml", &text);
    let (code, told) = refused_to_start(&["--config", &file], &[]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains(&format!("{file}:3")) && told.contains("`lisen`"), "{told}");
    assert!(!told.contains(FILE_KEY), "{told}");
}

#[test]
fn what_cannot_be_is_refused_and_says_what() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (missing, short) = (scratch.path("missing"), scratch.file("short", "short\n"));
    for (flags, variables, expected) in [
        (vec!["--listen", "nowhere"], vec![], "nowhere"),
        (vec!["--listen", &taken], vec![], &*taken),
        (vec!["--limits", "maybe"], vec![], "limits"),
        (vec!["--durability", "none"], vec![], "durability"),
        (vec!["--no-such-flag"], vec![], "--no-such-flag"),
        (vec!["--config", &missing], vec![], &*missing),
        (vec!["--root-key-file", &missing], vec![], &*missing),
        (vec!["--root-key-file", &short], vec![], &*short),
        (vec!["--root-key", "short"], vec![], "root_key"),
        (vec![], vec![("SWITCHBOARD_LISTEN", "nowhere")], "nowhere"),
    ] {
        let (code, told) = refused_to_start(&flags, &variables);
        assert!(code != 0 && told.contains(expected), "{flags:?} {variables:?}: {code} {told}");
    }
}

#[test]
fn port_0_is_told_in_the_log_and_in_the_file() {
    let scratch = Scratch::new();
    let server = Switchboard::start(&scratch, &[], &[]);
    // Where it listens was read from the log.
    assert_eq!(scratch.read("addr"), server.addr.to_string());
    assert_ne!(server.addr.port(), 0);
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(call(server.addr, "GET", path, "", "").0, 200, "{path}");
    }
}

#[test]
fn a_root_key_is_made_once_and_for_its_owner_alone() {
    let scratch = Scratch::new();
    let data = scratch.path("data");
    let server = Switchboard::start_bare(&scratch, &["--data-dir", &data], &[]);
    let file = scratch.path("data/root-key");
    let key = scratch.read("data/root-key").trim().to_owned();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(opens(&server, &key));
    let told = server.terminate().1;
    assert!(told.contains(&file), "its path is printed: {told}");
    assert!(!told.contains(&key), "the key is not");
    let again = Switchboard::start_bare(&scratch, &["--data-dir", &data], &[]);
    assert_eq!(scratch.read("data/root-key").trim(), key);
    assert!(opens(&again, &key));
}

#[test]
fn a_file_may_hold_the_key_and_the_one_before() {
    let scratch = Scratch::new();
    let file = scratch.file("keys", &format!("{FLAG_KEY}\n{FILE_KEY}\n"));
    let server = Switchboard::start_bare(&scratch, &["--in-memory", "--root-key-file", &file], &[]);
    assert!(opens(&server, FLAG_KEY) && opens(&server, FILE_KEY));
    assert!(!opens(&server, ENVIRONMENT_KEY) && !opens(&server, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_logged_at_any_level() {
    let scratch = Scratch::new();
    let password = "password-of-the-mail-server";
    let smtp = format!("smtp://me:{password}@mail.example.org");
    let flags = ["--log-level", "trace", "--smtp-url", &smtp];
    let server = Switchboard::start(&scratch, &flags, &[("SWITCHBOARD_ROOT_KEY", FLAG_KEY)]);
    let made = workspace(&server, FLAG_KEY);
    let agent = Options::agent(server.socket_url(), &made.token).once();
    let agent = Client::connect(agent).await.unwrap();
    let visitor = Options::visitor(server.socket_url(), &made.site_key).once();
    let visitor = Client::connect(visitor).await.unwrap();
    let visitor_token = visitor.welcome().visitor_token.clone().unwrap();
    visitor.open(switchboard_protocol::ConversationOpen::default()).await.unwrap();
    let wrong = format!("{}x", made.token);
    assert_eq!(call(server.addr, "GET", "/v1/me", &wrong, "").0, 401);
    let refused = Client::connect(Options::agent(server.socket_url(), &wrong).once()).await;
    refused.expect_err("wrong credentials");
    let body = "{\"name\":\"x\",\"password\":\"password-of-the-agent\"";
    let path = format!("/v1/workspaces/{}/agents/ann", made.id);
    assert_eq!(call(server.addr, "PATCH", &path, &made.token, body).0, 400);
    drop((agent, visitor));
    let (code, told) = server.terminate();
    assert_eq!(code, 0);
    assert!(told.lines().count() > 10, "there is a log: {told}");
    for secret in [
        FLAG_KEY,
        password,
        &made.token,
        &wrong,
        visitor_token.expose(),
        &made.visitor_token,
        "password-of-the-agent",
    ] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_drains_it() {
    let scratch = Scratch::new();
    let mut server = Switchboard::start(&scratch, &["--root-key", FLAG_KEY], &[]);
    let made = workspace(&server, FLAG_KEY);
    let agent = Options::agent(server.socket_url(), &made.token).once();
    let visitor = Options::visitor(server.socket_url(), &made.site_key).once();
    let (mut agent, mut visitor) =
        (Client::connect(agent).await.unwrap(), Client::connect(visitor).await.unwrap());
    let signalled = Instant::now();
    server.signal();
    for client in [&mut agent, &mut visitor] {
        let mut told = false;
        loop {
            match client.next_push().await.expect("an end") {
                Push::Message(ServerMessage::GoingAway(_)) => told = true,
                Push::Message(_) => {}
                Push::Ended(End::Closed { code, .. }) => break assert_eq!(code, 1001),
                other => panic!("{other:?}"),
            }
        }
        assert!(told, "going_away comes before the close");
    }
    // Not ready any more, whether it still answers or not; and nobody gets in.
    let ready =
        TcpStream::connect(server.addr).map(|_| call(server.addr, "GET", "/readyz", "", ""));
    assert!(!matches!(&ready, Ok((200, _))), "{ready:?}");
    let late = Options::visitor(server.socket_url(), &made.site_key).once();
    match Client::connect(late).await {
        Err(ConnectError::Status { status, .. }) => assert_eq!(status, 503),
        Err(ConnectError::Unreachable(_)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(server.ended().0, 0);
    assert!(signalled.elapsed() < Duration::from_secs(10), "{:?}", signalled.elapsed());
}

#[test]
fn while_it_drains_it_says_that_it_is_not_ready() {
    let scratch = Scratch::new();
    let mut server = Switchboard::start(&scratch, &[], &[]);
    // A connection from before, as a balancer keeps one.
    let mut kept = TcpStream::connect(server.addr).unwrap();
    let mut readyz = || {
        kept.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
        process::head(&mut kept)
    };
    assert!(readyz().unwrap().contains(" 200 "));
    server.signal();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        assert!(Instant::now() < deadline, "still ready");
        match readyz() {
            Some(answer) if answer.contains(" 200 ") => {}
            Some(answer) => break assert!(answer.contains(" 503 "), "{answer}"),
            None => break,
        }
    }
    assert_eq!(server.ended().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_descriptors_it_waits_and_serves_again() {
    const DESCRIPTORS: u32 = 64;
    let scratch = Scratch::new();
    let flags = ["--root-key", FLAG_KEY, "--limits", "off"];
    let mut server = Switchboard::start_within(&scratch, DESCRIPTORS, &flags);
    let made = workspace(&server, FLAG_KEY);
    let agent = Options::agent(server.socket_url(), &made.token).once();
    let agent = Client::connect(agent).await.unwrap();
    // More than there are descriptors: some are served and stay, the others wait in the kernel.
    let mut crowd: Vec<TcpStream> = (0..2 * DESCRIPTORS)
        .map(|_| {
            let mut stream = TcpStream::connect(server.addr).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            stream
        })
        .collect();
    server.wait_for("cannot accept");
    assert!(process::head(&mut crowd[0]).unwrap().contains(" 200 "));
    agent.ping().await.expect("who is in is served on");
    // Each that leaves makes room for one that waits.
    let waiting = crowd.split_off(DESCRIPTORS as usize);
    drop(crowd);
    for mut stream in waiting {
        assert!(process::head(&mut stream).unwrap().contains(" 200 "));
    }
    agent.ping().await.expect("and so afterwards");
    let late = Options::visitor(server.socket_url(), &made.site_key).once();
    Client::connect(late).await.expect("new ones get in");
    assert_eq!(server.terminate().0, 0);
}

#[test]
fn a_peer_that_says_nothing_holds_nothing_up() {
    let scratch = Scratch::new();
    let server = Switchboard::start(&scratch, &[], &[]);
    let silent: Vec<TcpStream> =
        (0..10).map(|_| TcpStream::connect(server.addr).unwrap()).collect();
    assert_eq!(call(server.addr, "GET", "/healthz", "", "").0, 200);
    for mut stream in silent {
        // It is hung up on, within the few seconds that a first request may take.
        let mut rest = Vec::new();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        match stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    assert_eq!(server.terminate().0, 0);
}
