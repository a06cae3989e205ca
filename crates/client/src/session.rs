//! The place in a session's stream: which session, and how far it was heard.

use switchboard_protocol::{Hello, Resume, Secret, Welcome};

/// What a numbered push turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The next one.
    New,
    /// One that was heard before.
    Repeat,
    /// One is missing before it: the stream is broken.
    Gap,
}

/// The session as this side knows it.
#[derive(Debug)]
pub(crate) struct Session {
    hello: Hello,
    resume: Option<Resume>,
    visitor_id: Option<String>,
}

impl Session {
    /// None yet.
    pub(crate) fn new(hello: Hello) -> Self {
        Self { hello, resume: None, visitor_id: None }
    }

    /// What to say on the next socket.
    pub(crate) fn hello(&self) -> Hello {
        Hello { resume: self.resume.clone(), ..self.hello.clone() }
    }

    /// A socket was welcomed. Whether it is the person that it was before: a visitor whose token
    /// does not hold any more is another one, an agent is always the same.
    pub(crate) fn welcomed(&mut self, welcome: &Welcome) -> bool {
        if let Some(token) = &welcome.visitor_token {
            self.hello.visitor_token = Some(token.clone());
        }
        // Resumed, the welcome's number is the last one given; those that were missed follow, so
        // what counts is still how far we heard.
        let heard = self.resume.as_ref().filter(|_| welcome.resumed).map(|resume| resume.seq);
        self.resume = Some(Resume {
            session_id: welcome.session_id.clone(),
            epoch: welcome.epoch.clone(),
            seq: heard.unwrap_or(welcome.seq),
        });
        let visitor_id = welcome.visitor.as_ref().map(|visitor| visitor.id.clone());
        let same_person = visitor_id == self.visitor_id;
        self.visitor_id = visitor_id;
        same_person
    }

    /// A numbered push arrived.
    pub(crate) fn hear(&mut self, seq: u64) -> Heard {
        let Some(resume) = &mut self.resume else { return Heard::Gap };
        if seq <= resume.seq {
            return Heard::Repeat;
        }
        if seq != resume.seq + 1 {
            return Heard::Gap;
        }
        resume.seq = seq;
        Heard::New
    }

    /// The stream is of no use any more: the next hello starts afresh.
    pub(crate) fn forget(&mut self) {
        self.resume = None;
    }

    /// The credential was renewed. A visitor's goes with the site key, an agent's stands alone.
    pub(crate) fn renewed(&mut self, token: Secret) {
        if self.hello.site_key.is_some() {
            self.hello.visitor_token = Some(token);
        } else {
            self.hello.token = Some(token);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use switchboard_protocol::model::WorkspaceRef;

    fn welcome(session_id: &str, seq: u64, resumed: bool) -> Welcome {
        Welcome {
            reference: None,
            session_id: session_id.into(),
            epoch: "e".into(),
            seq,
            resumed,
            heartbeat_ms: 1,
            resume_window_ms: 1,
            server_time: 1,
            workspace: WorkspaceRef { id: "w".into(), name: "W".into() },
            agent: None,
            visitor: None,
            visitor_token: Some("v".into()),
            departments: None,
            conversations: vec![],
        }
    }

    #[test]
    fn resumes_from_what_was_heard() {
        let mut session = Session::new(Hello::default());
        assert_eq!(session.hello().resume, None);
        session.welcomed(&welcome("s", 0, false));
        assert_eq!([session.hear(1), session.hear(2)], [Heard::New; 2]);
        let hello = session.hello();
        assert_eq!(hello.resume.unwrap().seq, 2);
        assert_eq!(hello.visitor_token, Some("v".into()));
        // Five were given out meanwhile; three of them are still to come.
        session.welcomed(&welcome("s", 5, true));
        assert_eq!(session.hear(2), Heard::Repeat);
        assert_eq!(session.hear(3), Heard::New);
        assert_eq!(session.hear(5), Heard::Gap);
    }

    #[test]
    fn a_renewed_token_is_said_where_the_first_one_was() {
        let mut agent = Session::new(Hello { token: Some("old".into()), ..Hello::default() });
        agent.renewed("new".into());
        let hello = agent.hello();
        assert_eq!((hello.token, hello.visitor_token), (Some("new".into()), None));
        let site_key = Some("site".into());
        let mut visitor = Session::new(Hello { site_key, ..Hello::default() });
        visitor.welcomed(&welcome("s", 0, false));
        visitor.renewed("new".into());
        let hello = visitor.hello();
        assert_eq!((hello.token, hello.visitor_token), (None, Some("new".into())));
    }

    #[test]
    fn a_fresh_session_counts_afresh() {
        let mut session = Session::new(Hello::default());
        session.welcomed(&welcome("s", 0, false));
        session.hear(1);
        session.welcomed(&welcome("t", 0, false));
        assert_eq!(session.hello().resume.unwrap().session_id, "t");
        assert_eq!(session.hear(1), Heard::New);
        session.forget();
        assert_eq!(session.hello().resume, None);
    }
}
