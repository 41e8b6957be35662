//! The configuration document that `/config` serves.

use serde_json::{Map, Value, json};

use super::{Etag, Refusal};

/// A document is at most so many bytes.
pub const MAX_CONFIG_BYTES: usize = 64 * 1024;

const MAX_FEATURES: usize = 256;

/// The features that every document has to say something about.
const REQUIRED: [&str; 4] = ["dynamicWorkers", "metricsCollection", "configReload", "gracefulShutdown"];

/// The document as it is sent: all of it but the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The operator's version, in three numbers.
    pub version: String,
    /// What is on and what is off: names to booleans.
    features: Map<String, Value>,
}

/// The document as it is stored and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    draft: Draft,
    last_updated: String,
}

/// A document and its revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The revision.
    pub etag: Etag,
    /// The document.
    pub config: Config,
}

impl Default for Draft {
    fn default() -> Self {
        let mut features = Map::new();
        for name in REQUIRED {
            features.insert(name.to_owned(), Value::Bool(true));
        }
        Self { version: "1.0.0".to_owned(), features }
    }
}

impl Draft {
    /// Reads a document. A `lastUpdated` in it is passed over, so that what was read can be sent back.
    ///
    /// # Errors
    /// [`Refusal::InvalidDocument`] with every problem.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Config::parse(text).map(|config| config.draft)
    }

    /// The document, stored at this time (ISO 8601).
    pub fn stored_at(self, last_updated: String) -> Config {
        Config { draft: self, last_updated }
    }

    /// The document as JSON.
    pub fn to_json(&self) -> String {
        json!({ "version": self.version, "features": self.features }).to_string()
    }
}

impl Config {
    /// Reads a document, with the time in it if there is one.
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
        let last_updated = match document.remove("lastUpdated") {
            Some(Value::String(time)) => time,
            _ => String::new(),
        };
        problems.extend(
            document.keys().map(|field| format!("{field:?} is no field: there are version, lastUpdated and features")),
        );
        if problems.is_empty() {
            Ok(Self { draft: Draft { version, features }, last_updated })
        } else {
            Err(Refusal::InvalidDocument(problems))
        }
    }

    /// Reads a document that was valid when it was stored, which may be longer ago than the rules of today.
    pub fn from_stored(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let text = |field: &str| document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let features = document.get("features")?.as_object()?.clone();
        Some(Self { draft: Draft { version: text("version"), features }, last_updated: text("lastUpdated") })
    }

    /// The document as a JSON value.
    pub fn to_value(&self) -> Value {
        let Draft { version, features } = &self.draft;
        json!({ "version": version, "lastUpdated": self.last_updated, "features": features })
    }

    /// The document as JSON, its fields in the order in which people read them.
    pub fn to_json(&self) -> String {
        let Value::Object(fields) = self.to_value() else { return String::new() };
        let field = |name: &str| format!("\"{name}\":{}", fields[name]);
        format!("{{{},{},{}}}", field("version"), field("lastUpdated"), field("features"))
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
        && rest.len() != 1
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

fn features(value: Option<Value>, problems: &mut Vec<String>) -> Map<String, Value> {
    let features = match value {
        Some(Value::Object(features)) => features,
        Some(_) => {
            problems.push("features has to be an object of true and false".to_owned());
            return Map::new();
        }
        None => {
            problems.push("features is missing".to_owned());
            return Map::new();
        }
    };
    if features.len() > MAX_FEATURES {
        problems.push(format!("features has {} entries, the limit is {MAX_FEATURES}", features.len()));
        return Map::new();
    }
    for name in REQUIRED.iter().filter(|name| !features.contains_key(**name)) {
        problems.push(format!("features.{name} is missing"));
    }
    for (name, value) in &features {
        if !is_name(name) {
            problems.push(format!("{name:?} is no name of a feature: use 1 to 64 letters and digits, a letter first"));
        }
        if !value.is_boolean() {
            problems.push(format!("features.{name} has to be true or false"));
        }
    }
    features
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}
