//! JSON objects of strangers: one of whose members is there twice is none, since two readers would
//! take it for two different things.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value;

/// An object, no member of which is there twice. Objects within it may do as they like: nobody
/// reads them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object(BTreeMap<String, Value>);

impl Object {
    /// Reads one, and nothing after it.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// A member that is there.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A member that is there and a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_there_twice_makes_it_no_object() {
        let object = Object::read(br#"{"sub":"ann","n":1}"#).unwrap();
        assert_eq!((object.text("sub"), object.text("n")), (Some("ann"), None));
        for none in [
            r#"{"sub":"ann","sub":"ann"}"#,
            r#"{"sub":"ann","s\u0075b":"bob"}"#,
            r#"{"sub":"ann"} {}"#,
            r#"["sub"]"#,
            "null",
            "",
        ] {
            assert_eq!(Object::read(none.as_bytes()), None, "{none}");
        }
    }
}
