//! A recording of the real server: two minutes of `switchboard demo`, overrun by visitors, as
//! `GET …/events` told them page by page.

use switchboard_simulator::whatif::{
    Alternative, Cast, Fate, Figures, Plan, Story, compare, page, read, recorded, remarks, rerun,
    table,
};

const DEMO: &[u8] = include_bytes!("../recordings/demo.json");
const SEED: u64 = 1;
/// How late the server's timers were at most, from offer to offer, in this recording: a rerun has
/// none that is late.
const LATE_MS: u64 = 8;

fn story() -> Story {
    Story::of(&read(DEMO).unwrap(), SEED)
}

fn otherwise(text: &str) -> Figures {
    let story = story();
    let cast = Cast::of(&story.happenings, &recorded(&story));
    let plan = cast.plan(&text.parse().unwrap()).unwrap();
    rerun(&story, &plan, SEED).figures
}

#[test]
fn the_recording_is_understood_to_its_end() {
    let recording = read(DEMO).unwrap();
    assert_eq!((recording.happenings.len(), recording.unknown, recording.repeats), (1_209, 0, 0));
    let story = story();
    assert!(story.guessed.agents.is_empty() && story.guessed.departments.is_empty());
    assert_eq!((story.strangers, story.torn, story.cases.len()), (0, 0, 292));
    let figures = recorded(&story);
    let fates = [Fate::Served, Fate::Abandoned, Fate::Rejected, Fate::Waits];
    assert_eq!(fates.map(|fate| figures.fates(fate)), [174, 36, 0, 82]);
    assert_eq!((figures.offers, figures.missed, figures.declined), (134, 10, 12));
}

#[test]
fn as_it_was_everybody_gets_the_same_agent_after_the_same_wait() {
    let story = story();
    let was = recorded(&story);
    let again = rerun(&story, &Plan::default(), SEED);
    let is = again.figures;
    assert_eq!(again.refused, 0);
    assert_eq!(was.visits.len(), is.visits.len());
    let mut exact = 0;
    for (number, (was, is)) in was.visits.iter().zip(&is.visits).enumerate() {
        assert_eq!((&was.agent, was.fate), (&is.agent, is.fate), "visit {number}");
        let late = was.wait_ms.abs_diff(is.wait_ms);
        assert!(late <= LATE_MS, "visit {number}: {was:?}, {is:?}");
        exact += usize::from(late == 0);
    }
    assert!(exact * 10 > was.visits.len() * 9, "{exact} waits are the same to the millisecond");
    assert_eq!((was.offers, was.missed, was.declined), (is.offers, is.missed, is.declined));
    assert_eq!(was.fairness(), is.fairness());
}

#[test]
fn more_room_means_shorter_waits_and_less_room_longer_ones() {
    let was = recorded(&story());
    for text in ["agents=+2", "capacity=5", "support.agents=+2", "offer_timeout=none"] {
        let is = otherwise(text);
        assert!(is.mean_wait() < was.mean_wait(), "{text}");
        assert!(is.fates(Fate::Abandoned) < was.fates(Fate::Abandoned), "{text}");
        assert!(is.fates(Fate::Served) > was.fates(Fate::Served), "{text}");
    }
    for text in ["agents=-eve", "capacity=1", "wrap_up=10s", "sales.capacity=1"] {
        let is = otherwise(text);
        assert!(is.mean_wait() > was.mean_wait(), "{text}");
        assert!(is.fates(Fate::Served) < was.fates(Fate::Served), "{text}");
    }
}

#[test]
fn who_is_hired_works_the_hours_of_another_and_who_is_dismissed_none() {
    let is = otherwise("sales.agents=+2,agents=-ada,ben.capacity=4");
    let was = recorded(&story());
    assert!(!is.agents.contains_key("ada"));
    let hired: Vec<_> = is.agents.keys().filter(|id| !was.agents.contains_key(*id)).collect();
    assert_eq!(hired.len(), 2);
    for id in hired {
        let like = id.as_str().rsplit_once('-').unwrap().0;
        // Who misses three offers is set away, which is not the same for both.
        let (hired, like) = (&is.agents[id], &was.agents[like]);
        assert!(hired.reachable_ms.abs_diff(like.reachable_ms) < 30_000, "{hired:?}, {like:?}");
        assert!(hired.got > 0);
    }
    let ben = |figures: &Figures| figures.agents["ben"].room_ms;
    assert_eq!(ben(&is), 2 * ben(&was), "it had a capacity of two");
}

#[test]
fn without_offers_nobody_is_asked() {
    let is = otherwise("support.offer_timeout=none");
    assert_eq!((is.offers, is.missed), (0, 0));
    let more = otherwise("sales.offer_timeout=3s");
    assert!(more.offers > recorded(&story()).offers);
}

#[test]
fn one_seed_is_one_answer() {
    for text in ["strategy=round_robin", "agents=+1"] {
        assert_eq!(otherwise(text), otherwise(text));
    }
}

#[test]
fn table_and_page_show_every_column() {
    let (story, recording) = (story(), read(DEMO).unwrap());
    let alternatives: Vec<Alternative> =
        ["strategy=round_robin", "agents=+1,wrap_up=2s"].map(|text| text.parse().unwrap()).into();
    let (cast, columns) = compare(&story, &alternatives, SEED).unwrap();
    let departments: Vec<_> = cast.departments().collect();
    let rows = table(&columns, &departments);
    assert!(rows.iter().all(|row| row.cells.len() == 4));
    let remarks = remarks(&recording, &story, &columns);
    let page = page(&switchboard_simulator::whatif::Subject {
        title: "<demo>",
        about: "a demo",
        from: story.from,
        rows: &rows,
        columns: &columns,
        remarks: &remarks,
    });
    assert!(page.contains("&lt;demo&gt;") && !page.contains("<demo>"));
    assert_eq!(page.matches("<svg").count(), 3);
    assert_eq!(page.matches("</section>").count(), 5);
    for text in ["recorded", "as it was", "agents=+1,wrap_up=2s", "p99", "fairness"] {
        assert!(page.contains(text), "no {text}");
    }
    for link in ["http://", "https://", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(link), "{link}");
    }
}
