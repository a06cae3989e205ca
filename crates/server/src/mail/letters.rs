//! What people are sent: an invitation, and a way back in for who forgot the password. Each says
//! who, where, until when, and what to do if it was not expected. As text and as HTML of the same
//! words; HTML that shows the same without images, styles or a network.
//!
//! Names are chosen by people who may mean harm to whoever reads them: they are one line, without
//! invisible characters and quotation marks, not long (`words.rs`), and escaped in HTML.

use jiff::Timestamp;

use super::{
    Mail,
    words::{cut, escape, name},
};

/// More departments are not named.
const DEPARTMENTS: usize = 20;
/// More of a name is not put into a subject.
const SUBJECT_NAME_CHARS: usize = 40;

/// Somebody is asked to join a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// The address.
    pub to: &'a str,
    /// The workspace's name.
    pub workspace_name: &'a str,
    /// Who invites, by name; none: whoever runs the workspace, by a key.
    pub invited_by: Option<&'a str>,
    /// As what: `Agent` or `Admin`.
    pub role: &'a str,
    /// Into which departments, by name.
    pub departments: &'a [&'a str],
    /// Where to accept it.
    pub link: &'a str,
    /// Until when it holds, in milliseconds since the Unix epoch.
    pub expires_at: u64,
}

/// Somebody wants to set a new password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordReset<'a> {
    /// The address.
    pub to: &'a str,
    /// The workspace's name.
    pub workspace_name: &'a str,
    /// The agent's name.
    pub name: &'a str,
    /// Where to set it.
    pub link: &'a str,
    /// Until when that is possible, in milliseconds since the Unix epoch.
    pub expires_at: u64,
}

/// An invitation as a mail.
#[must_use]
pub fn invitation(of: &Invitation<'_>) -> Mail {
    let workspace = name(of.workspace_name);
    let by = of.invited_by.map(name).filter(|by| !by.is_empty());
    let short = cut(&workspace, SUBJECT_NAME_CHARS);
    let (subject, opening) = match &by {
        Some(by) => (
            format!("{} invites you to join {short}", cut(by, SUBJECT_NAME_CHARS)),
            format!("“{by}” invites you to join the workspace “{workspace}”."),
        ),
        None => (
            format!("You are invited to join {short}"),
            format!("You are invited to join the workspace “{workspace}”."),
        ),
    };
    let mut facts = vec![("Workspace", workspace)];
    facts.extend(by.map(|by| ("Invited by", by)));
    facts.push(("Your role", name(of.role)));
    if !of.departments.is_empty() {
        facts.push(("Departments", departments(of.departments)));
    }
    facts.push(("Valid until", moment(of.expires_at)));
    let letter = Letter {
        title: "You are invited",
        opening,
        facts,
        action: "Accept the invitation",
        link: of.link,
        closing: "If you did not expect this invitation, you need not do anything: nothing happens \
                  until it is accepted, and it ends by itself. Do not forward this message: whoever \
                  has the link can accept in your place.",
    };
    letter.to(of.to, subject)
}

/// A way to a new password as a mail.
#[must_use]
pub fn password_reset(of: &PasswordReset<'_>) -> Mail {
    let workspace = name(of.workspace_name);
    let subject = format!("Set a new password for {}", cut(&workspace, SUBJECT_NAME_CHARS));
    let opening = format!(
        "Somebody, most likely you, asked for a new password for your account in the workspace “{workspace}”."
    );
    let letter = Letter {
        title: "Set a new password",
        opening,
        facts: vec![
            ("Workspace", workspace),
            ("Account", name(of.name)),
            ("Valid until", moment(of.expires_at)),
        ],
        action: "Set a new password",
        link: of.link,
        closing: "If it was not you, you need not do anything: your password stays as it is. Do \
                  not forward this message: whoever has the link can set your password.",
    };
    letter.to(of.to, subject)
}

/// The parts of a letter; each is plain text yet.
struct Letter<'a> {
    title: &'a str,
    opening: String,
    facts: Vec<(&'a str, String)>,
    action: &'a str,
    link: &'a str,
    closing: &'a str,
}

impl Letter<'_> {
    fn to(&self, address: &str, subject: String) -> Mail {
        Mail { to: address.to_owned(), subject, text: self.text(), html: self.html() }
    }

    fn text(&self) -> String {
        let facts: String = self.facts.iter().map(|(what, is)| format!("{what}: {is}\n")).collect();
        let Self { opening, action, link, closing, .. } = self;
        format!("{opening}\n\n{facts}\n{action}:\n\n{link}\n\n{closing}\n")
    }

    fn html(&self) -> String {
        let rows: String = self.facts.iter().map(|(what, is)| row(what, is)).collect();
        TEMPLATE
            .split("{{")
            .map(|part| match part.split_once("}}") {
                Some((slot, rest)) => self.fill(slot, &rows) + rest,
                None => part.to_owned(),
            })
            .collect()
    }

    fn fill(&self, slot: &str, rows: &str) -> String {
        match slot {
            "title" => escape(self.title),
            "opening" => escape(&self.opening),
            "rows" => rows.to_owned(),
            "action" => escape(self.action),
            "link" => escape(self.link),
            "closing" => escape(self.closing),
            _ => String::new(),
        }
    }
}

/// With slots in double braces. Looks are in the elements, which every reader keeps; the style
/// sheet is for those that are dark.
const TEMPLATE: &str = include_str!("letter.html");

fn row(what: &str, is: &str) -> String {
    format!(
        "<tr><th class=\"soft\" scope=\"row\" align=\"left\" valign=\"top\" style=\"padding:6px 16px 6px 0;\
         color:#5b6472;font-weight:normal;white-space:nowrap\">{}</th>\
         <td valign=\"top\" style=\"padding:6px 0;word-break:break-word\"><bdi>{}</bdi></td></tr>\n",
        escape(what),
        escape(is)
    )
}

fn departments(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(DEPARTMENTS).map(|text| name(text)).collect();
    if names.len() > DEPARTMENTS {
        shown.push(format!("and {} more", names.len() - DEPARTMENTS));
    }
    shown.join(", ")
}

/// A moment written out, by a clock that is the same for everybody.
fn moment(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.unwrap_or(Timestamp::MAX);
    at.strftime("%A, %-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://chat.example.org/invite?token=iv_a.b&x=1";

    fn inviting() -> Invitation<'static> {
        Invitation {
            to: "bob@example.org",
            workspace_name: "Acme",
            invited_by: Some("Ann"),
            role: "Agent",
            departments: &["Sales", "Support"],
            link: LINK,
            expires_at: 1_795_846_800_000,
        }
    }

    #[test]
    fn an_invitation_says_who_where_as_what_and_until_when() {
        let mail = invitation(&inviting());
        assert_eq!(mail.to, "bob@example.org");
        assert_eq!(mail.subject, "Ann invites you to join Acme");
        assert!(mail.text.starts_with("“Ann” invites you to join the workspace “Acme”.\n"));
        for line in [
            "Workspace: Acme",
            "Invited by: Ann",
            "Your role: Agent",
            "Departments: Sales, Support",
            "Valid until: Saturday, 28 November 2026, 06:20 UTC",
            LINK,
        ] {
            assert!(mail.text.lines().any(|found| found == line), "{line}: {}", mail.text);
        }
        for word in ["Acme", "Ann", "Agent", "Sales, Support", "28 November 2026, 06:20 UTC"] {
            assert!(mail.html.contains(word), "{word}");
        }
        assert_eq!(mail.html.matches(&escape(LINK)).count(), 3, "button, address, its text");
        assert!(!mail.html.contains("{{") && !mail.html.contains("}}"));
    }

    #[test]
    fn without_a_person_nobody_is_named() {
        let mail = invitation(&Invitation { invited_by: None, departments: &[], ..inviting() });
        assert_eq!(mail.subject, "You are invited to join Acme");
        assert!(!mail.text.contains("Invited by") && !mail.text.contains("Departments"));
    }

    #[test]
    fn a_reset_says_for_which_account() {
        let mail = password_reset(&PasswordReset {
            to: "bob@example.org",
            workspace_name: "Acme",
            name: "Bob",
            link: LINK,
            expires_at: 0,
        });
        assert_eq!(mail.subject, "Set a new password for Acme");
        assert!(mail.text.contains("Account: Bob\n") && mail.text.contains("1 January 1970"));
        assert!(mail.text.contains("your password stays as it is"));
    }

    /// The HTML with everything that people chose in it, and the same with nothing bad in it, have
    /// the same elements.
    #[test]
    fn nothing_that_people_chose_is_more_than_text() {
        let evil = "\"'><script>alert(1)</script><a href=\"http://evil.example\">{{link}}\r\nBcc: x@y.z\u{202E}";
        let departments = [evil, evil];
        let of = Invitation {
            workspace_name: evil,
            invited_by: Some(evil),
            role: evil,
            departments: &departments,
            ..inviting()
        };
        let mail = invitation(&of);
        let tags = |html: &str| html.matches('<').count();
        assert_eq!(tags(&mail.html), tags(&invitation(&inviting()).html));
        assert!(!mail.html.contains("<script") && !mail.html.contains("http://evil"));
        assert_eq!(mail.html.matches("href=\"").count(), 2);
        let all = format!("{}{}{}", mail.subject, mail.text, mail.html);
        assert!(!all.contains(['\r', '\u{202E}']), "{all}");
        assert!(!mail.subject.contains('\n') && mail.subject.chars().count() <= 120);
        let lines = invitation(&inviting()).text.lines().count();
        assert_eq!(mail.text.lines().count(), lines, "{}", mail.text);
    }

    #[test]
    fn long_names_and_many_departments_stay_readable() {
        let long = "🦀".repeat(5_000);
        let many: Vec<&str> = std::iter::repeat_n(long.as_str(), 1_000).collect();
        let of = Invitation { workspace_name: &long, departments: &many, ..inviting() };
        let mail = invitation(&of);
        assert!(mail.text.contains("and 980 more"));
        assert!(mail.text.chars().count() < 4_000 && mail.html.chars().count() < 10_000);
    }

    #[test]
    fn a_moment_that_no_calendar_has_is_the_last_one() {
        assert_eq!(moment(u64::MAX), moment(u64::MAX - 1));
    }
}
