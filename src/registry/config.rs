//! The configuration document that `/config` serves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Refusal;

/// A document is at most so many bytes.
pub const MAX_CONFIG_BYTES: usize = 64 * 1024;

const MAX_FEATURES: usize = 256;

/// The features that every document has to say something about.
const REQUIRED: [&str; 4] = ["dynamicWorkers", "metricsCollection", "configReload", "gracefulShutdown"];

/// The document as it is stored and served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The operator's version, in three numbers.
    pub version: String,
    /// When it was stored, ISO 8601. The store sets it.
    pub last_updated: String,
    /// What is on and what is off.
    pub features: BTreeMap<String, bool>,
}

/// The document as it is sent: all of it but the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// See [`Config::version`].
    pub version: String,
    /// See [`Config::features`].
    pub features: BTreeMap<String, bool>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { version: "1.0.0".to_owned(), features: REQUIRED.map(|name| (name.to_owned(), true)).into() }
    }
}

impl Draft {
    /// Reads a document. A `lastUpdated` in it is passed over, so that what was read can be sent back.
    ///
    /// # Errors
    /// [`Refusal::InvalidDocument`] with every problem.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let value = serde_json::from_str(text)
            .map_err(|error| Refusal::InvalidDocument(vec![format!("the body is not JSON: {error}")]))?;
        let Value::Object(mut document) = value else {
            return Err(Refusal::InvalidDocument(vec!["the document has to be a JSON object".to_owned()]));
        };
        let mut problems = Vec::new();
        let version = version(document.remove("version"), &mut problems);
        let features = features(document.remove("features"), &mut problems);
        document.remove("lastUpdated");
        problems.extend(
            document.keys().map(|field| format!("{field:?} is no field: there are version, lastUpdated and features")),
        );
        if problems.is_empty() { Ok(Self { version, features }) } else { Err(Refusal::InvalidDocument(problems)) }
    }

    /// The document, stored at this time.
    pub fn stored_at(self, last_updated: String) -> Config {
        Config { version: self.version, last_updated, features: self.features }
    }
}

fn version(value: Option<Value>, problems: &mut Vec<String>) -> String {
    match value {
        Some(Value::String(version)) if is_version(&version) => return version,
        Some(_) => problems.push("version has to be three numbers as a string, such as \"1.0.0\"".to_owned()),
        None => problems.push("version is missing".to_owned()),
    }
    String::new()
}

/// `1.2.3`, and what may follow it in a semantic version.
fn is_version(text: &str) -> bool {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    text.len() <= 64
        && numbers.split('.').count() == 3
        && numbers.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

fn features(value: Option<Value>, problems: &mut Vec<String>) -> BTreeMap<String, bool> {
    let features = match value {
        Some(Value::Object(features)) => features,
        Some(_) => {
            problems.push("features has to be an object of true and false".to_owned());
            return BTreeMap::new();
        }
        None => {
            problems.push("features is missing".to_owned());
            return BTreeMap::new();
        }
    };
    if features.len() > MAX_FEATURES {
        problems.push(format!("features has {} entries, the limit is {MAX_FEATURES}", features.len()));
        return BTreeMap::new();
    }
    for name in REQUIRED.iter().filter(|name| !features.contains_key(**name)) {
        problems.push(format!("features.{name} is missing"));
    }
    let mut read = BTreeMap::new();
    for (name, value) in features {
        if !is_name(&name) {
            problems.push(format!("{name:?} is no name of a feature: use 1 to 64 letters and digits, a letter first"));
        }
        match value {
            Value::Bool(on) => {
                read.insert(name, on);
            }
            _ => problems.push(format!("features.{name} has to be true or false")),
        }
    }
    read
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}
