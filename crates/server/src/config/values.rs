//! The kinds of values that settings have, each readable from a flag and from the file.

use std::{fmt, net::IpAddr, str::FromStr};

use clap::ValueEnum;
use ipnet::IpNet;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::LimitsOverrides;

/// What an acknowledged event survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The death of the process.
    #[default]
    Relaxed,
    /// The loss of power as well.
    Strict,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("neither `on` nor `off`".to_owned()),
        }
    }
}

/// An address, or a range of them: `10.0.0.7`, `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse::<IpNet>());
        network.map(Self).map_err(|_| "neither an address nor a range like 10.0.0.0/8".to_owned())
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Whether rates and counts hold, and what the bounds are where not the defaults. A flag says
/// `on` or `off`; the file may say that, or have a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsSetting {
    /// Whether rates and counts hold.
    pub switch: Option<Switch>,
    /// Other bounds than the defaults.
    pub overrides: LimitsOverrides,
}

impl LimitsSetting {
    /// This where it says something, else the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let silent = self.overrides == LimitsOverrides::default();
        let overrides = if silent { other.overrides } else { self.overrides };
        Self { switch: self.switch.or(other.switch), overrides }
    }
}

impl FromStr for LimitsSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self { switch: Some(text.parse()?), ..Self::default() })
    }
}

impl<'de> Deserialize<'de> for LimitsSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitsVisitor)
    }
}

struct LimitsVisitor;

impl<'de> Visitor<'de> for LimitsVisitor {
    type Value = LimitsSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`on`, `off` or a table of limits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<LimitsSetting, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LimitsSetting, A::Error> {
        let overrides = LimitsOverrides::deserialize(MapAccessDeserializer::new(map))?;
        let switch = overrides.enabled.map(|on| if on { Switch::On } else { Switch::Off });
        Ok(LimitsSetting { switch, overrides })
    }
}
