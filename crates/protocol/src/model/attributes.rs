//! The flat map that a host attaches to a conversation.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many attributes there may be.
pub const MAX_ATTRIBUTES: usize = 32;
/// How long a key may be.
pub const MAX_ATTRIBUTE_KEY_BYTES: usize = 64;
/// How long a text may be.
pub const MAX_ATTRIBUTE_TEXT_BYTES: usize = 256;

/// At most [`MAX_ATTRIBUTES`] keys with plain values. Reading them checks every bound and refuses
/// a key that comes twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Object))]
pub struct Attributes(pub BTreeMap<String, AttributeValue>);

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A text of at most [`MAX_ATTRIBUTE_TEXT_BYTES`].
    String(String),
    /// A whole number.
    Integer(i64),
    /// Any other number; finite.
    Number(f64),
    /// Yes or no.
    Bool(bool),
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Bool(value) => serializer.serialize_bool(*value),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer, a finite number or a boolean")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<AttributeValue, E> {
        i64::try_from(value)
            .map(AttributeValue::Integer)
            .map_err(|_| E::custom("the integer is out of range"))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<AttributeValue, E> {
        if !value.is_finite() {
            return Err(E::custom("the number is not finite"));
        }
        Ok(AttributeValue::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<AttributeValue, E> {
        if value.len() > MAX_ATTRIBUTE_TEXT_BYTES {
            return Err(E::custom(format_args!(
                "the text is longer than {MAX_ATTRIBUTE_TEXT_BYTES} bytes"
            )));
        }
        Ok(AttributeValue::String(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor)
    }
}

struct MapVisitor;

impl<'de> Visitor<'de> for MapVisitor {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flat map of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Attributes, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            if key.len() > MAX_ATTRIBUTE_KEY_BYTES {
                return Err(de::Error::custom(format_args!(
                    "a key is longer than {MAX_ATTRIBUTE_KEY_BYTES} bytes"
                )));
            }
            if map.len() == MAX_ATTRIBUTES {
                return Err(de::Error::custom(format_args!(
                    "there are more than {MAX_ATTRIBUTES} keys"
                )));
            }
            let value = access.next_value()?;
            if map.insert(key, value).is_some() {
                return Err(de::Error::custom("a key comes twice"));
            }
        }
        Ok(Attributes(map))
    }
}

impl<K: Into<String>> FromIterator<(K, AttributeValue)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (K, AttributeValue)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Result<Attributes, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_values_pass() {
        let read = read(r#"{"a":"x","b":-3,"c":1.5,"d":true}"#).unwrap();
        let expected: Attributes = [
            ("a", AttributeValue::String("x".into())),
            ("b", AttributeValue::Integer(-3)),
            ("c", AttributeValue::Number(1.5)),
            ("d", AttributeValue::Bool(true)),
        ]
        .into_iter()
        .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            r#"{"a":null}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":18446744073709551615}"#,
            r#"[]"#,
            r#""text""#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn bounds_are_exact() {
        let keys = |n: usize| {
            let pairs: Vec<_> = (0..n).map(|i| format!("\"k{i}\":1")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert!(read(&keys(MAX_ATTRIBUTES)).is_ok());
        assert!(read(&keys(MAX_ATTRIBUTES + 1)).unwrap_err().contains("32 keys"));
        let text = |n: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(n));
        assert!(read(&text(MAX_ATTRIBUTE_TEXT_BYTES)).is_ok());
        assert!(read(&text(MAX_ATTRIBUTE_TEXT_BYTES + 1)).is_err());
        let key = |n: usize| format!(r#"{{"{}":1}}"#, "x".repeat(n));
        assert!(read(&key(MAX_ATTRIBUTE_KEY_BYTES)).is_ok());
        assert!(read(&key(MAX_ATTRIBUTE_KEY_BYTES + 1)).is_err());
    }
}
