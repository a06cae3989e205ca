//! Identifiers. The core never makes one: it has no randomness, so every id comes in with the
//! command that needs it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<Arc<str>> for $name {
            fn from(text: Arc<str>) -> Self {
                Self(text)
            }
        }

        // Lets a map keyed by the id be asked with a plain `&str`.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A customer: nothing crosses from one workspace to another.
    WorkspaceId
);
id!(
    /// A department of a workspace. Never given again once deleted.
    DepartmentId
);
id!(
    /// An agent of a workspace. Never given again once removed.
    AgentId
);
id!(
    /// An invite that holds a seat.
    InviteId
);
id!(
    /// A visitor of a workspace.
    VisitorId
);
id!(
    /// A conversation of a workspace.
    ConversationId
);
id!(
    /// A signed-in device of an agent or visitor; outlives the socket it is on.
    SessionId
);
