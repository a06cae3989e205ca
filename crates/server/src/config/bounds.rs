//! The `[limits]` table: any of the bounds, other than by default.

use serde::Deserialize;
use switchboard_protocol::{Limits, PersonLimits, Rate};

use super::ConfigError;

/// A rate or a count: so much, or `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a bound, or \"off\"")]
pub enum Bound<T> {
    /// So much.
    At(T),
    /// Without bound.
    Off(Off),
}

/// The word `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Off {
    /// Without bound.
    Off,
}

impl<T> Bound<T> {
    fn value(self) -> Option<T> {
        match self {
            Self::At(value) => Some(value),
            Self::Off(Off::Off) => None,
        }
    }
}

/// Overrides of a struct of bounds: sizes and times by a number, rates and counts by a [`Bound`].
macro_rules! overrides {
    ($(#[$meta:meta])* $name:ident of $target:ident {
        sizes { $($size:ident: $size_type:ty,)* }
        bounds { $($bound:ident: $bound_type:ty,)* }
        within { $($inner:ident: $inner_type:ty,)* }
        besides { $($other:ident: $other_type:ty,)* }
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(#[doc = concat!("See [`", stringify!($target), "`].")] pub $size: Option<$size_type>,)*
            $(#[doc = concat!("See [`", stringify!($target), "`].")] pub $bound: Option<Bound<$bound_type>>,)*
            $(#[doc = concat!("See [`", stringify!($target), "`].")] pub $inner: $inner_type,)*
            $(/// Not a bound.
            pub $other: Option<$other_type>,)*
        }

        impl $name {
            /// Changes what is said here.
            pub(super) fn apply(self, target: &mut $target) {
                $(if let Some(value) = self.$size { target.$size = value; })*
                $(if let Some(bound) = self.$bound { target.$bound = bound.value(); })*
                $(self.$inner.apply(&mut target.$inner);)*
            }
        }
    };
}

overrides! {
    /// Bounds other than by default.
    LimitsOverrides of Limits {
        sizes {
            hello_bytes: usize,
            hello_timeout_ms: u64,
            http_body_bytes: usize,
            refused_before_close: u32,
            refused_window_ms: u64,
            bad_messages_before_close: u32,
            answers_kept: usize,
        }
        bounds {
            sockets_per_address: u32,
            handshakes_per_address: Rate,
            visitors_per_address: Rate,
            unauthenticated_sockets: u32,
            connections: Rate,
            hellos: Rate,
            sign_ins_per_address: Rate,
            sign_ins_per_account: Rate,
            workspace_opens: Rate,
        }
        within {
            visitor: PersonOverrides,
            agent: PersonOverrides,
        }
        besides {
            enabled: bool,
        }
    }
}

overrides! {
    /// A person's bounds other than by default.
    PersonOverrides of PersonLimits {
        sizes {
            message_bytes: usize,
            outbox_bytes: usize,
            heartbeat_ms: u64,
            dead_after_ms: u64,
        }
        bounds {
            messages: Rate,
            opens: Rate,
            open_conversations: u32,
            sessions: u32,
        }
        within {}
        besides {}
    }
}

/// Checks that a server can live with these bounds.
pub(super) fn check(limits: &Limits) -> Result<(), ConfigError> {
    for (person, limits) in [("visitor", &limits.visitor), ("agent", &limits.agent)] {
        check_person(person, limits)?;
    }
    let none = [
        ("hello_bytes", limits.hello_bytes == 0),
        ("hello_timeout_ms", limits.hello_timeout_ms == 0),
        ("http_body_bytes", limits.http_body_bytes == 0),
        ("refused_before_close", limits.refused_before_close == 0),
        ("bad_messages_before_close", limits.bad_messages_before_close == 0),
        ("answers_kept", limits.answers_kept == 0),
    ];
    if let Some((field, _)) = none.into_iter().find(|(_, is_none)| *is_none) {
        return refuse(field, "must be more than 0");
    }
    let rates = [
        ("handshakes_per_address", limits.handshakes_per_address),
        ("visitors_per_address", limits.visitors_per_address),
        ("connections", limits.connections),
        ("hellos", limits.hellos),
        ("sign_ins_per_address", limits.sign_ins_per_address),
        ("sign_ins_per_account", limits.sign_ins_per_account),
        ("workspace_opens", limits.workspace_opens),
    ];
    rates.into_iter().try_for_each(|(field, rate)| check_rate(field, rate))
}

fn check_person(person: &str, limits: &PersonLimits) -> Result<(), ConfigError> {
    let field = |name: &str| format!("{person}.{name}");
    if limits.message_bytes == 0 || limits.outbox_bytes == 0 {
        return refuse(&field("message_bytes"), "must be more than 0, and so must outbox_bytes");
    }
    if limits.heartbeat_ms == 0 || limits.heartbeat_ms >= limits.dead_after_ms {
        let range = "must be more than 0 and less than dead_after_ms";
        return refuse(&field("heartbeat_ms"), range);
    }
    check_rate(&field("messages"), limits.messages)?;
    check_rate(&field("opens"), limits.opens)
}

fn check_rate(field: &str, rate: Option<Rate>) -> Result<(), ConfigError> {
    let bad = |rate: Rate| rate.count == 0 || rate.per_ms == 0 || rate.burst == 0;
    if rate.is_some_and(bad) {
        return refuse(field, "count, per_ms and burst must be more than 0");
    }
    Ok(())
}

fn refuse(field: &str, why: &str) -> Result<(), ConfigError> {
    Err(ConfigError::invalid("limits", format!("{field}: {why}")))
}
