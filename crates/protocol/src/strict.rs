//! Reading requests more strictly than derived code does.
//!
//! Derived code would also take a struct from a list and an enum's value from a number, and
//! its complaints don't say which field they mean. This wraps any deserializer: structs come from
//! maps alone, enum values from texts that are known here, and on an error the path to the field
//! is left in a [`Trail`].

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};

/// The path to the field at fault, filled from the inside out. Costs nothing until then.
#[derive(Default)]
pub(crate) struct Trail(RefCell<String>);

impl Trail {
    fn within(&self, field: &str) {
        let mut path = self.0.borrow_mut();
        *path = if path.is_empty() { field.to_owned() } else { format!("{field}.{path}") };
    }

    /// The path; empty where no field is at fault.
    pub(crate) fn into_path(self) -> String {
        self.0.into_inner()
    }
}

/// A deserializer that is strict, and so is everything in it.
pub(crate) struct Strict<'t, D> {
    inner: D,
    trail: &'t Trail,
}

impl<'t, D> Strict<'t, D> {
    pub(crate) fn new(inner: D, trail: &'t Trail) -> Self {
        Self { inner, trail }
    }
}

macro_rules! forward {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V)
            -> Result<V::Value, D::Error>
        {
            self.inner.$method($($name,)* visitor)
        }
    )*};
}

macro_rules! forward_inside {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V)
            -> Result<V::Value, D::Error>
        {
            self.inner.$method($($name,)* Inside { value: visitor, trail: self.trail })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16()
        deserialize_i32() deserialize_i64() deserialize_u8() deserialize_u16()
        deserialize_u32() deserialize_u64() deserialize_f32() deserialize_f64()
        deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map() deserialize_identifier() deserialize_ignored_any()
    }

    forward_inside! {
        deserialize_option() deserialize_seq() deserialize_newtype_struct(name: &'static str)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Object { visitor, fields, trail: self.trail })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_str(Choice { visitor, variants })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A visitor or seed whose inner deserializers are strict.
struct Inside<'t, T> {
    value: T,
    trail: &'t Trail,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.value.deserialize(Strict::new(deserializer, self.trail))
    }
}

/// Options, lists and newtypes: strict within. Anything else is the wrong kind.
impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.expecting(f)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.value.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.value.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.value.visit_some(Strict::new(deserializer, self.trail))
    }

    fn visit_newtype_struct<D>(self, deserializer: D) -> Result<V::Value, D::Error>
    where
        D: Deserializer<'de>,
    {
        self.value.visit_newtype_struct(Strict::new(deserializer, self.trail))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.value.visit_seq(Inside { value: access, trail: self.trail })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.value.next_element_seed(Inside { value: seed, trail: self.trail })
    }

    fn size_hint(&self) -> Option<usize> {
        self.value.size_hint()
    }
}

/// A struct's visitor, which sees maps only.
struct Object<'t, V> {
    visitor: V,
    fields: &'static [&'static str],
    trail: &'t Trail,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { visitor, fields, trail } = self;
        visitor.visit_map(Entries { access, fields, trail, field: None })
    }
}

/// A struct's entries; remembers which field is being read.
struct Entries<'t, A> {
    access: A,
    fields: &'static [&'static str],
    trail: &'t Trail,
    field: Option<&'static str>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(field) = self.access.next_key_seed(FieldName(self.fields))? else {
            return Ok(None);
        };
        self.field = field;
        // No field is called "", so that one stands for all that are not known.
        seed.deserialize(field.unwrap_or_default().into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let inside = Inside { value: seed, trail: self.trail };
        self.access.next_value_seed(inside).inspect_err(|_| {
            if let Some(field) = self.field {
                self.trail.within(field);
            }
        })
    }
}

/// Finds a key among a struct's fields.
struct FieldName(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|field| *field == key))
    }
}

/// An enum's visitor, which sees texts only, and of those only the ones that are known.
struct Choice<V> {
    visitor: V,
    variants: &'static [&'static str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Choice<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of")?;
        for variant in self.variants.iter().filter(|variant| **variant != "other") {
            write!(f, " `{variant}`")?;
        }
        Ok(())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        // "other" is for readers; see `wire_enum`.
        if text == "other" || !self.variants.contains(&text) {
            return Err(E::invalid_value(Unexpected::Str(text), &self));
        }
        self.visitor.visit_enum(IntoDeserializer::<E>::into_deserializer(text))
    }
}
