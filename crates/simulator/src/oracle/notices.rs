//! Who is told what of a step. Of each conversation, everybody hears in the order in which it
//! happened; what is said of two has no order between them.

use std::collections::BTreeMap;

use switchboard_routing::{ConversationId, Notice, Output, Person, SessionId, Workspace};

use super::{compare, model::Heard};

/// To whom each open offer was made, and of what, by its number.
pub(super) type Offers = BTreeMap<u64, (String, String)>;

/// What is told otherwise than it should be. What is told to be over is no longer open.
pub(super) fn differ(
    out: &[Output],
    asking: Option<&SessionId>,
    expected: &[Heard],
    offers: &mut Offers,
) -> Option<String> {
    let mut told = Vec::new();
    for (to, except, notice) in notices(out) {
        if let Notice::OfferWithdrawn { conversation_id, offer, .. } = notice {
            let known = offers.remove(offer);
            let is = known.as_ref().map(|(id, agent)| (&**id, &**agent));
            if is != agent(to).map(|agent| (conversation_id.as_str(), agent)) {
                return Some(format!("{to:?} hears {notice:?}, which is an offer of {known:?}"));
            }
        }
        told.push(Said::new(to, except, without_numbers(notice)));
    }
    let expected = expected.iter().map(|heard| {
        let except = asking.filter(|_| !heard.asker_too);
        Said::new(&heard.to, except, heard.notice.clone())
    });
    compare::lines(in_order(told), in_order(expected.collect()))
}

/// A revision that is not of this step: what is told of a conversation is how it was after what
/// it was before the step, and not after what it is now.
pub(super) fn misnumbers(
    out: &[Output],
    before: &BTreeMap<String, u64>,
    after: &Workspace,
) -> Option<String> {
    let ended = |id: &ConversationId| {
        let ended = out.iter().filter_map(|output| match output {
            Output::Ended(c) if c.id == *id => Some(c.revision),
            _ => None,
        });
        ended.max()
    };
    let is_wrong = |notice: &Notice| {
        let (id, revision) = match notice {
            Notice::OfferWithdrawn { conversation_id, revision, .. }
            | Notice::ConversationReleased { conversation_id, revision, .. } => {
                (conversation_id, *revision)
            }
            _ => return false,
        };
        let now = after.conversation(id.as_str()).map(|c| c.revision).max(ended(id));
        let was = before.get(id.as_str()).copied().unwrap_or_default();
        revision <= was || now.is_none_or(|now| revision > now)
    };
    let wrong = notices(out).find(|(.., notice)| is_wrong(notice))?;
    Some(format!("the revision is not of this step: {wrong:?}"))
}

fn notices(out: &[Output]) -> impl Iterator<Item = (&Person, Option<&SessionId>, &Notice)> {
    out.iter().filter_map(|output| match output {
        Output::Notice { to, except, notice } => Some((to, except.as_ref(), notice)),
        _ => None,
    })
}

fn agent(person: &Person) -> Option<&str> {
    match person {
        Person::Agent(id) => Some(id.as_str()),
        Person::Visitor(_) => None,
    }
}

/// What is said to somebody, in words; and about which conversation, if about one.
struct Said {
    to: Person,
    about: Option<ConversationId>,
    words: String,
}

impl Said {
    fn new(to: &Person, except: Option<&SessionId>, notice: Notice) -> Self {
        let words = format!("{to:?} hears, except {except:?}: {notice:?}");
        Self { to: to.clone(), about: about(&notice).cloned(), words }
    }
}

fn in_order(mut said: Vec<Said>) -> Vec<String> {
    // Stable: what is of one conversation stays in order.
    said.sort_by(|a, b| (&a.to, &a.about).cmp(&(&b.to, &b.about)));
    said.into_iter().map(|said| said.words).collect()
}

fn about(notice: &Notice) -> Option<&ConversationId> {
    match notice {
        Notice::ConversationOpened(id)
        | Notice::ConversationAssigned(id)
        | Notice::ConversationOffered(id)
        | Notice::OfferWithdrawn { conversation_id: id, .. }
        | Notice::ConversationReleased { conversation_id: id, .. }
        | Notice::ConversationClosed(id, _)
        | Notice::ConversationRejected(id, _) => Some(id),
        Notice::AvailabilityChanged(..) | Notice::MembershipChanged | Notice::Removed => None,
    }
}

/// The same, but for what the core alone numbers.
fn without_numbers(notice: &Notice) -> Notice {
    let mut notice = notice.clone();
    match &mut notice {
        Notice::OfferWithdrawn { revision, offer, .. } => (*revision, *offer) = (0, 0),
        Notice::ConversationReleased { revision, .. } => *revision = 0,
        _ => {}
    }
    notice
}
