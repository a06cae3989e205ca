//! Everything short that is read from text: tokens, also those of hosts, keys, ids, names, addresses,
//! opening hours.
//!
//! The first byte chooses which, the others are the text.

use switchboard_protocol::{model::BusinessHours, text};
use switchboard_routing::Timestamp;
use switchboard_server::{
    auth::{
        AgentStamp, TokenKind, TokenSecret, check_root_key, mint_agent, same_key, verify,
        verify_api_key, workspace_of, workspace_of_site_key,
    },
    fuzzing::standing,
};

use crate::{identities, measure::within};

const SECRET: TokenSecret = [7; 32];
const NOW_MS: u64 = 1_000;
/// No clock will show a later time while this is looked after: in the year 2223.
const LATEST_MS: u64 = 8_000_000_000_000;
/// A token, decoded, and its parts: it is refused before it is decoded where it is too long.
const ROOM: usize = 16 * 1_024;
/// For each byte of a text: where it is a comma it begins a skill, in a list that grows by doubling.
const ROOM_EACH: usize = 96;
/// A host's token, decoded and read: eight thousand characters may be three thousand values.
const IDENTITY_ROOM: usize = 1_024 * 1_024;
/// The table of a time zone, the week and its holidays.
const HOURS_ROOM: usize = 512 * 1_024;

pub(crate) fn run(bytes: &[u8]) {
    let [kind, bytes @ ..] = bytes else { return };
    let Ok(read) = std::str::from_utf8(bytes) else { return };
    match kind % 8 {
        0 => within(ROOM, "a token", || token(read)),
        1 => within(ROOM, "a token", || changed(bytes)),
        2 => within(ROOM, "a key", || key(read)),
        3 => within(ROOM + ROOM_EACH * read.len(), "a text", || texts(read)),
        4 => within(HOURS_ROOM + 64 * read.len(), "opening hours", || hours(read)),
        5 => within(IDENTITY_ROOM, "a host's token", || identities::forged(read)),
        6 => within(IDENTITY_ROOM, "a host's token", || identities::signed(read)),
        _ => within(ROOM + 8 * read.len(), "a public key", || identities::key(read)),
    }
}

/// Nobody who does not know the secret makes a token that holds.
fn token(read: &str) {
    for kind in [TokenKind::Agent, TokenKind::Visitor] {
        let Some(workspace) = workspace_of(read, kind) else { continue };
        assert!(text::valid_id(workspace), "a workspace by an impossible name");
        assert!(verify(read, kind, workspace, &SECRET, NOW_MS).is_err(), "a token was forged");
    }
    if let Some(workspace) = workspace_of(read, TokenKind::ApiKey) {
        assert!(verify_api_key(read, workspace, &SECRET).is_err(), "a key was forged");
    }
}

/// One that holds, with something changed in it: where, and to what.
fn changed(edits: &[u8]) {
    let stamp = AgentStamp { id: 7, generation: 1, issued_at: 1, since: 1 };
    let minted = mint_agent("acme", &SECRET, "ann", NOW_MS + 1, &stamp);
    let mut token = minted.expose().as_bytes().to_vec();
    for edit in edits.chunks_exact(2) {
        let at = usize::from(edit[0]) % token.len();
        token[at] = edit[1] & 0x7f;
    }
    let token = String::from_utf8(token).expect("it is ASCII");
    let claims = verify(&token, TokenKind::Agent, "acme", &SECRET, NOW_MS);
    assert_eq!(claims.is_ok(), token == minted.expose(), "{claims:?} of {token}");
    assert!(verify(&token, TokenKind::Visitor, "acme", &SECRET, NOW_MS).is_err());
    assert!(verify(&token, TokenKind::Agent, "acme", &SECRET, NOW_MS + 1).is_err());
}

fn key(read: &str) {
    if let Some(workspace) = workspace_of_site_key(read) {
        assert!(text::valid_id(workspace), "a workspace by an impossible name");
    }
    if check_root_key(read).is_ok() {
        for kind in [TokenKind::Agent, TokenKind::Visitor, TokenKind::ApiKey] {
            assert!(workspace_of(read, kind).is_none(), "a root key that is a token");
        }
    }
    assert!(same_key(read, read) && !same_key(read, "pk_acme.another"));
}

fn texts(read: &str) {
    assert_eq!(text::check_id("id", read).is_ok(), text::valid_id(read));
    if let Ok(name) = text::name("name", read) {
        assert_eq!(text::name("name", name), Ok(name), "trimmed twice it is another");
    }
    let mut trimmed = read.to_owned();
    let trims = text::trim_name("name", &mut trimmed);
    assert_eq!(trims.is_ok(), text::name("name", read).is_ok());
    drop(text::check_comment("comment", read));
    drop(text::check_key("key", read));
    drop(text::check_email("email", read));
    drop(text::check_url("avatar_url", read));
    drop(text::check_origins("allowed_origins", &[read.to_owned()]));
    let skills: Vec<String> = read.split(',').map(str::to_owned).collect();
    drop(text::check_skills("skills", &skills));
}

/// From any moment: what is open closes later, if it ever does, and the other way round.
fn hours(read: &str) {
    let (at, read) = read.split_once('\n').unwrap_or(("0", read));
    let at = Timestamp(at.parse::<u64>().unwrap_or_default() % LATEST_MS);
    let Ok(hours) = serde_json::from_str::<BusinessHours>(read) else { return };
    let written = serde_json::to_string(&hours).expect("what was read can be written");
    assert_eq!(serde_json::from_str::<BusinessHours>(&written).ok().as_ref(), Some(&hours));
    let Some((open, Some(changes_at))) = standing(&hours, at) else { return };
    assert!(changes_at > at, "it changes at {changes_at:?}, which is not after {at:?}");
    let then = standing(&hours, changes_at).expect("the zone is known");
    assert_eq!(then.0, !open, "it does not change at {changes_at:?}");
}
