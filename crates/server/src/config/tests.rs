use std::path::Path;

use clap::Parser;
use switchboard_protocol::{Limits, Rate};

use super::*;
use crate::mail::Via;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

fn flags(args: &[&str]) -> Settings {
    Flags::try_parse_from(["switchboard"].iter().chain(args)).unwrap().settings
}

fn file(text: &str) -> Settings {
    file::parse(Path::new("switchboard.toml"), text).unwrap()
}

fn refused(text: &str) -> String {
    let settings = file::parse(Path::new("switchboard.toml"), text);
    settings.and_then(Settings::check).map(drop).unwrap_err().to_string()
}

#[test]
fn silence_is_the_defaults() {
    let config = Settings::default().check().unwrap();
    assert_eq!(config.listen, "127.0.0.1:8080");
    assert_eq!(config.data_dir, Path::new("./switchboard-data"));
    assert_eq!(config.root_key, RootKeySource::Kept);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.durability, Durability::Relaxed);
    assert!(!config.in_memory);
}

#[test]
fn flags_go_before_the_file_and_the_file_before_the_defaults() {
    let said = flags(&["--listen", "127.0.0.1:1", "--in-memory"]);
    let file = file("listen = '127.0.0.1:2'\nadmin_listen = '127.0.0.1:3'\nin_memory = false\n");
    let config = said.or(file).check().unwrap();
    assert_eq!(config.listen, "127.0.0.1:1");
    assert_eq!(config.admin_listen.as_deref(), Some("127.0.0.1:3"));
    assert!(config.in_memory);
    assert_eq!(config.log_level, "info");
}

#[test]
fn a_flags_key_is_not_mixed_with_a_files() {
    let said = flags(&["--root-key-file", "key"]);
    let config = said.or(file("root_key = 'rk_0123456789abcdef'")).check().unwrap();
    assert_eq!(config.root_key, RootKeySource::File("key".into()));
    let both = flags(&["--root-key-file", "key", "--root-key", "rk_0123456789abcdef"]);
    assert!(both.check().unwrap_err().to_string().starts_with("root_key: "));
}

#[test]
fn an_unknown_key_is_told_by_line_and_name() {
    let message = refused("listen = '127.0.0.1:1'\n\nlisen = 'x'\n");
    assert!(message.starts_with("switchboard.toml:3:1: unknown field `lisen`"), "{message}");
    let message = refused("[limits]\nhello_bytes = 5\n[limits.visitor]\nmesages = 'off'\n");
    assert!(message.starts_with("switchboard.toml:4:1: unknown field `mesages`"), "{message}");
    let message = refused("[limit]\n");
    assert!(message.starts_with("switchboard.toml:1:"), "{message}");
    assert!(message.contains("`limit`"), "{message}");
}

#[test]
fn a_wrong_value_is_told_by_line() {
    for (text, expected) in [
        ("in_memory = 'yes'", "switchboard.toml:1:13: invalid type"),
        ("\ndurability = 'none'", "switchboard.toml:2:14: unknown variant `none`"),
        ("trusted_proxies = ['10.0.0.0/8', 'x']", "switchboard.toml:1:19: neither an address"),
        ("listen = ", "switchboard.toml:1:"),
        ("[limits.visitor]\nopens = 'never'", "switchboard.toml:2:9: a bound, or \"off\""),
        ("limits = 'of'", "switchboard.toml:1:10: neither `on` nor `off`"),
        ("listen = 'nowhere'", "listen: `nowhere` is not an address"),
        ("public_url = 'ftp://x'", "public_url: not a URL"),
        ("log_level = 'a=b=c'", "log_level: "),
        ("smtp_url = 'smtp://mail?tls=on'", "smtp_url: nothing may follow the host"),
        ("mail_from = 'Switchboard'", "mail_from: not a mailbox like"),
        ("[limits.agent]\nheartbeat_ms = 0", "limits: agent.heartbeat_ms: must be more"),
        ("limits = { workspace_opens = { count = 0, per_ms = 1, burst = 1 } }", "limits: work"),
    ] {
        let message = refused(text);
        assert!(message.starts_with(expected), "{text}: {message}");
    }
}

#[test]
fn no_complaint_and_no_debug_shows_a_secret() {
    let secret = "s3cret-s3cret-s3cret";
    for text in [
        format!("root_key = ['{secret}']"),
        format!("root_key = '{secret} {secret}'"),
        format!("smtp_url = 'http://me:{secret}@mail.example.org'"),
        format!("smtp_url = 'smtp://{secret}'\nroot_key = 'at_{secret}'"),
        format!("smtp_url = 'smtp://me:{secret}@mail.example.org?tls=opportunistic'"),
        format!("smtp_url = 'smtp://me:{secret}@mail.example.org:x'"),
        format!("root_key = '{secret}'\nroot_key_file = 'x'"),
        format!("root_key = '{secret}' oops"),
    ] {
        let message = refused(&text);
        assert!(!message.contains("s3cret"), "{message}");
    }
    let config = file(&format!("root_key = '{secret}'\nsmtp_url = 'smtp://{secret}'"));
    let shown = format!("{config:?} {:?}", config.clone().check().unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn limits_are_overridden_field_by_field() {
    let limits = |text: &str| file(text).check().unwrap().limits;
    let some = limits(
        "[limits]\nsockets_per_address = 'off'\nanswers_kept = 7\n\
         [limits.visitor]\nopens = { count = 1, per_ms = 1000, burst = 2 }\nsessions = 3\n",
    );
    assert_eq!(some.sockets_per_address, None);
    assert_eq!(some.answers_kept, 7);
    assert_eq!(some.visitor.opens, Some(Rate { count: 1, per_ms: 1_000, burst: 2 }));
    assert_eq!(some.visitor.sessions, Some(3));
    assert_eq!(some.visitor.messages, Limits::default().visitor.messages);
    assert_eq!(limits("limits = 'off'"), Limits::off());
    let off = limits("[limits]\nenabled = false\nhello_bytes = 9\n");
    assert_eq!((off.hello_bytes, off.workspace_opens), (9, None));
}

#[test]
fn a_flag_turns_the_files_limits_off_or_on() {
    let table = || file("[limits]\nenabled = false\nanswers_kept = 7\n");
    let on = flags(&["--limits", "on"]).or(table()).check().unwrap().limits;
    assert_eq!((on.answers_kept, on.sockets_per_address), (7, Some(50)));
    let off = flags(&["--limits", "off"]).or(file("limits = 'on'")).check().unwrap().limits;
    assert_eq!(off, Limits::off());
}

#[test]
fn every_limit_can_be_set() {
    let defaults = toml::Table::try_from(Limits::default()).unwrap();
    let text = toml::to_string(&toml::Table::from_iter([(
        "limits".to_owned(),
        toml::Value::Table(defaults),
    )]));
    assert_eq!(file(&text.unwrap()).check().unwrap().limits, Limits::default());
}

#[test]
fn flags_spelling_is_taken_in_the_file_too() {
    let config = file("data-dir = 'x'\nin-memory = true\nlog-format = 'json'\n").check().unwrap();
    assert_eq!(config.data_dir, Path::new("x"));
    assert!(config.in_memory);
    assert_eq!(config.log_format, LogFormat::Json);
}

#[test]
fn mails_are_files_and_links_lead_here_unless_told_otherwise() {
    let listens = "127.0.0.1:4321".parse().unwrap();
    let settings = |text: &str| file(text).check().unwrap().mail_settings(listens).unwrap();
    let silent = settings("data_dir = 'd'");
    assert!(matches!(silent.via, Via::Folder(path) if path == Path::new("d/outbox")));
    assert_eq!((silent.public_url.as_str(), silent.from.as_str()), {
        ("http://127.0.0.1:4321", "no-reply@localhost")
    });
    let said = settings("smtp_url = 'smtp://mail'\npublic_url = 'https://chat.example.org/'");
    assert!(matches!(said.via, Via::Smtp(url) if url.expose() == "smtp://mail"));
    assert_eq!((said.public_url.as_str(), said.from.as_str()), {
        ("https://chat.example.org", "no-reply@chat.example.org")
    });
    assert_eq!(settings("mail_from = 'Us <us@example.org>'").from, "Us <us@example.org>");
}

#[test]
fn certificates_that_are_none_are_told_by_file() {
    let listens = "127.0.0.1:1".parse().unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for path in ["/no/such/file", manifest] {
        let config = file(&format!("smtp_ca_file = '{path}'")).check().unwrap();
        let message = config.mail_settings(listens).unwrap_err().to_string();
        assert!(message.starts_with(&format!("smtp_ca_file: {path}: ")), "{message}");
    }
}

#[test]
fn every_flag_has_its_variable() {
    let command = <Flags as clap::CommandFactory>::command();
    for argument in command.get_arguments() {
        let Some(long) = argument.get_long() else { continue };
        let expected = format!("SWITCHBOARD_{}", long.to_uppercase().replace('-', "_"));
        let variable = argument.get_env().and_then(|name| name.to_str());
        assert_eq!(variable, Some(expected.as_str()), "--{long}");
    }
}

#[test]
fn proxies_are_addresses_or_ranges() {
    let config = flags(&["--trusted-proxies", "10.0.0.7,fd00::/8"]).check().unwrap();
    let shown: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.7/32", "fd00::/8"]);
}

/// `docs/configuration.md` names everything that can be set.
#[test]
fn the_documentation_names_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    let command = <Flags as clap::CommandFactory>::command();
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    let settings = flags.filter(|flag| *flag != "help").map(|flag| format!("`--{flag}"));
    let limits = toml::Table::try_from(Limits::off()).unwrap();
    let limits_on = toml::Table::try_from(Limits::default()).unwrap();
    let person = limits_on["visitor"].as_table().unwrap().keys();
    let names = limits.keys().chain(limits_on.keys()).chain(person);
    let missing: Vec<String> = settings
        .chain(names.map(|name| format!("`{name}`")))
        .filter(|name| !text.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in docs/configuration.md: {missing:?}");
}
