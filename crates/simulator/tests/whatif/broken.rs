//! Files that are no recordings, or only parts of one.

use std::io::{self, Read};

use switchboard_simulator::whatif::{
    Cast, MAX_EVENT_BYTES, ReadError, Recording, Story, read, recorded, remarks,
};

const DEMO: &str = include_str!("../recordings/demo.json");

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

fn event(offset: u64, kind: &str, rest: &str) -> String {
    let id = format!("evt_{offset}");
    format!(
        r#"{{"offset":{offset},"id":"{id}","type":"{kind}","at":{offset},"by":"engine"{rest}}}"#
    )
}

/// Two visits of somebody who comes back.
fn small() -> Vec<String> {
    let sales = r#","department_id":"sales""#;
    let of = |rest: &str| format!(r#","conversation_id":"c"{sales}{rest}"#);
    let ann = |rest: &str| format!(r#","agent_id":"ann"{rest}"#);
    let visit = r#","data":{"visitor_id":"v","priority":0,"skills":[]}"#;
    let assigned = r#","agent_id":"ann","data":{"cause":"routed"}"#;
    vec![
        event(1, "workspace.created", ""),
        event(
            2,
            "department.created",
            &format!(r#"{sales},"data":{{"name":"Sales","policy":{{}}}}"#),
        ),
        event(3, "agent.added", &ann(r#","data":{"role":"agent","capacity":2,"skills":[]}"#)),
        event(4, "membership.changed", &ann(&format!(r#"{sales},"data":{{"member":true}}"#))),
        event(5, "agent.presence_changed", &ann(r#","data":{"present":true}"#)),
        event(6, "agent.availability_changed", &ann(r#","data":{"availability":"online"}"#)),
        event(10, "conversation.opened", &of(visit)),
        event(11, "conversation.assigned", &of(assigned)),
        event(20, "conversation.closed", &of(r#","agent_id":"ann""#)),
        event(30, "conversation.reopened", &of(visit)),
        event(31, "conversation.assigned", &of(assigned)),
        event(45, "conversation.closed", &of(r#","agent_id":"ann""#)),
    ]
}

fn story(recording: &Recording) -> Story {
    Story::of(recording, 1)
}

#[test]
fn every_shape_of_a_file_is_the_same_recording() {
    let events = small();
    let lines = events.join("\n");
    let list = format!("[{}]", events.join(",\n"));
    let page = |some: &[String], cursor| {
        format!(r#"{{"next_cursor":{cursor},"items":[{}],"more":{{"later":1}}}}"#, some.join(","))
    };
    let pages = page(&events[..5], r#""p2""#) + &page(&events[5..], "null");
    let backwards = page(&events[5..], "null") + "\n\n" + &page(&events[..5], "null");
    let expected = read(lines.as_bytes()).unwrap();
    assert_eq!(expected.happenings.len(), events.len());
    for file in [list, pages, backwards, format!("\n {lines} \n\n")] {
        assert_eq!(read(file.as_bytes()).unwrap(), expected);
    }
}

#[test]
fn who_comes_back_makes_a_second_visit() {
    let story = story(&read(small().join("\n").as_bytes()).unwrap());
    assert_eq!((story.strangers, story.torn), (0, 0));
    let visits: Vec<_> =
        story.cases.iter().map(|c| (c.at, c.service_ms, c.request.again)).collect();
    assert_eq!(visits, [(10, 9, false), (30, 14, true)]);
}

#[test]
fn a_file_with_nothing_in_it_is_empty() {
    for text in ["", "  \n\t\n", "[]", "[] []", r#"{"items":[],"next_cursor":null}"#] {
        assert_eq!(refused(text), "there is no event in it", "{text:?}");
    }
}

#[test]
fn a_file_that_ends_in_the_middle_says_where() {
    for cut in [1, 30, 200, 5_000, DEMO.len() - 40] {
        let text = DEMO.get(..cut).unwrap();
        let error = read(text.as_bytes()).unwrap_err();
        assert!(matches!(error, ReadError::Bad { line: 1, .. }), "{cut}: {error}");
        assert!(error.to_string().contains("EOF"), "{cut}: {error}");
    }
    let lines = small().join("\n");
    let error = refused(lines.get(..lines.len() - 1).unwrap());
    assert!(error.starts_with("line 12, column "), "{error}");
}

#[test]
fn what_is_no_event_is_named_with_its_place() {
    let opened = |rest: &str| event(7, "conversation.opened", rest);
    for (text, why) in [
        ("7".to_owned(), "line 1, column 1: invalid type: integer `7`, expected an event, a list"),
        ("\"x\"".to_owned(), "expected an event, a list of events, or a page"),
        ("nonsense".to_owned(), "line 1, column 2: expected ident"),
        ("{}".to_owned(), "no event: missing field `offset`"),
        ("[[]]".to_owned(), "invalid type: sequence, expected an event"),
        ("[7]".to_owned(), "invalid type: integer `7`, expected an event"),
        (r#"{"items":{}}"#.to_owned(), "invalid type: map, expected an event, a list"),
        (r#"{"items":[{"items":[]}]}"#.to_owned(), "no event: missing field"),
        (event(1, "x", "").replace(":1,", ":\"1\","), "invalid type: string \"1\", expected u64"),
        (event(1, "x", "").replace(":1,", ":-1,"), "invalid value: integer `-1`, expected u64"),
        (opened(""), "event 7, `conversation.opened`, has no `conversation_id`"),
        (opened(r#","conversation_id":"c""#), "`data` is not as it should be: missing field"),
        (
            opened(r#","conversation_id":"c","data":{"visitor_id":"v","priority":"high"}"#),
            "event 7, `conversation.opened`: `data` is not as it should be: invalid type: string",
        ),
        (opened(r#","conversation_id":"c","data":{"visitor_id":"v"}"#), "has no `department_id`"),
        (event(7, "agent.added", r#","agent_id":"a","data":7"#), "event 7, `agent.added`: `data`"),
    ] {
        let error = refused(&text);
        assert!(error.contains(why), "{text}: {error}");
    }
    let second = format!("{}\n{}", event(1, "x", ""), opened(""));
    assert!(refused(&second).starts_with("line 2, column "), "{}", refused(&second));
}

#[test]
fn deeply_nested_text_is_refused() {
    let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "1");
    assert!(refused(&deep).contains("recursion limit"), "{}", refused(&deep));
}

/// A file without end, in which one text never ends.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'x');
        if self.0 == 0 {
            buffer[..2].copy_from_slice(b"[\"");
        }
        self.0 += buffer.len() as u64;
        assert!(self.0 < 2 * MAX_EVENT_BYTES, "more is read than an event may have");
        Ok(buffer.len())
    }
}

#[test]
fn a_line_without_end_is_given_up() {
    let error = read(Endless(0)).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { events: 0 }), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    struct Gone;
    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let error = read(Gone).unwrap_err();
    assert!(matches!(error, ReadError::Io(_)), "{error}");
}

#[test]
fn repeats_count_once_and_unknown_types_are_counted() {
    let mut lines = small();
    lines.push(lines[6].clone());
    lines.push(event(50, "weather.changed", r#","data":{"to":"rain"}"#));
    lines.push(event(51, "conversation.praised", r#","conversation_id":"c""#));
    let recording = read(lines.join("\n").as_bytes()).unwrap();
    assert_eq!((recording.happenings.len(), recording.repeats, recording.unknown), (12, 1, 2));
}

#[test]
fn two_workspaces_in_one_file_are_refused() {
    let mut lines = small();
    lines.push(lines[6].replace("evt_10", "evt_other"));
    assert_eq!(
        refused(&lines.join("\n")),
        "offset 10 comes twice, as two events: are these two workspaces'?"
    );
}

#[test]
fn time_does_not_run_backwards() {
    let lines = small().join("\n").replace(r#""at":20"#, r#""at":9"#);
    assert_eq!(refused(&lines), "the event with offset 20 is earlier than the one before it");
}

#[test]
fn a_recording_that_begins_in_the_middle_says_what_is_guessed() {
    // From the first assignment on: who ann is, and what sales does, is not in it.
    let recording = read(small()[7..].join("\n").as_bytes()).unwrap();
    let story = story(&recording);
    assert_eq!(story.guessed.agents, ["ann".into()]);
    assert_eq!(story.guessed.departments, ["sales".into()]);
    assert_eq!((story.strangers, story.cases.len()), (1, 1), "the reopened one is a visit");
    let figures = recorded(&story);
    assert_eq!(figures.visits[0].agent, Some("ann".into()));
    let remarks = remarks(&recording, &story, &[]).join("\n");
    for part in [
        "begins in the middle, with offset 11",
        "No policy is recorded from the beginning of sales",
        "Not described from the beginning: ann.",
        "opened before the recording begins, or where it has a gap: 1.",
    ] {
        assert!(remarks.contains(part), "{part}: {remarks}");
    }
    let again = switchboard_simulator::whatif::rerun(&story, &Default::default(), 1).figures;
    assert_eq!(again.visits[0].agent, Some("ann".into()), "who is guessed to be there takes it");
}

#[test]
fn a_recording_with_a_hole_is_told_from_a_whole_one() {
    // A page is missing: how the first visit ended, and that there was a second.
    let mut lines = small();
    lines.drain(8..10);
    let story = story(&read(lines.join("\n").as_bytes()).unwrap());
    assert_eq!((story.torn, story.strangers), (1, 0));
}

#[test]
fn whom_an_alternative_means_must_be_in_the_recording() {
    let story = story(&read(DEMO.as_bytes()).unwrap());
    let cast = Cast::of(&story.happenings, &recorded(&story));
    for (text, why) in [
        ("sails.capacity=3", "no department or agent `sails`: there are sales, support, ada"),
        ("agents=-adda", "no agent `adda`: there are ada, ben"),
        ("department:ada.capacity=1", "no department `ada`: there are sales, support"),
        ("ada.strategy=round_robin", "is not set for the agent `ada`"),
        ("olga.agents=+1", "is not set for the agent `olga`"),
    ] {
        let error = cast.plan(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}
