//! Reading an object that somebody sent, field by field, so that all that is wrong is told at once.

use serde_json::{Map, Value};

use super::{Problem, problem};

/// The fields of an object, and what was found wrong with them.
///
/// A field that is `null` is one that is not there. A number or a boolean may come as its text, as form fields do.
pub struct Fields<'a> {
    map: Option<&'a Map<String, Value>>,
    /// Stands before the names in messages: `limits.`.
    prefix: &'static str,
    /// The code of each problem.
    code: u32,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which should be an object. `what` it is, is for the message where it is none.
    pub fn new(value: &'a Value, what: &str, prefix: &'static str, code: u32) -> Self {
        let mut fields = Self { map: value.as_object(), prefix, code, problems: Vec::new() };
        if fields.map.is_none() {
            fields.wrong(format!("{what} has to be a JSON object."));
        }
        fields
    }

    /// Adds a problem.
    pub fn wrong(&mut self, message: String) {
        self.problems.push(Problem::new(self.code, message));
    }

    /// The value of a field, unless it is `null`.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map?.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there, be it `null`.
    pub fn has(&self, name: &str) -> bool {
        self.map.is_some_and(|map| map.contains_key(name))
    }

    /// The names of those that are there.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.map.into_iter().flat_map(|map| map.keys().map(String::as_str))
    }

    fn read<T>(&mut self, name: &str, wants: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.get(name)?;
        let found = read(value);
        if found.is_none() {
            self.wrong(format!("{}{name} has to be {wants}.", self.prefix));
        }
        found
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<&'a str> {
        self.read(name, "a text", Value::as_str)
    }

    /// A text of a few.
    pub fn one_of(&mut self, name: &str, choices: &[&str]) -> Option<&'a str> {
        let wants = choices.join(" or ");
        self.read(name, &wants, |value| value.as_str().filter(|text| choices.contains(text)))
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        self.read(name, "true or false", |value| match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) if text == "true" => Some(true),
            Value::String(text) if text == "false" => Some(false),
            _ => None,
        })
    }

    /// A whole number from `least` to `most`.
    pub fn whole(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let wants = format!("a whole number from {least} to {most}");
        self.read(name, &wants, |value| {
            let number = match value {
                Value::String(text) => text.parse().ok(),
                // 5.0 and 5e0 are 5.
                value => {
                    value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0).map(|number| number as u64)
                }
            };
            number.filter(|number| (least..=most).contains(number))
        })
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Option<&'a Value> {
        self.read(name, "an object", |value| value.is_object().then_some(value))
    }

    /// The fields of an object in it.
    pub fn within(&mut self, name: &str, prefix: &'static str) -> Option<Self> {
        let code = self.code;
        self.object(name).map(|value| Self::new(value, name, prefix, code))
    }

    /// The fields of one of several, with problems under the same code.
    pub fn inner<'b>(&self, value: &'b Value, what: &str) -> Fields<'b> {
        Fields::new(value, what, "", self.code)
    }

    /// A list.
    pub fn list(&mut self, name: &str) -> Option<&'a Vec<Value>> {
        self.read(name, "a list", Value::as_array)
    }

    /// A list of texts, none of them empty.
    pub fn texts(&mut self, name: &str) -> Option<&'a Vec<Value>> {
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        self.read(name, "a list of texts", |value| value.as_array().filter(|list| list.iter().all(is_text)))
    }
}

/// A problem of the metadata of an upload.
pub const METADATA: u32 = problem::VALIDATION;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_problem_is_kept() {
        let value = json!({ "a": 5, "b": "yes", "c": "11", "d": [1], "e": [], "f": "x", "g": null });
        let mut fields = Fields::new(&value, "it", "it.", METADATA);
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.boolean("b"), None);
        assert_eq!(fields.whole("c", 1, 10), None);
        assert_eq!(fields.texts("d"), None);
        assert_eq!(fields.object("e"), None);
        assert_eq!(fields.one_of("f", &["y", "z"]), None);
        assert_eq!((fields.text("g"), fields.has("g"), fields.has("h")), (None, true, false));
        let said: Vec<_> = fields.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(said[0], "it.a has to be a text.");
        assert_eq!(said[2], "it.c has to be a whole number from 1 to 10.");
        assert_eq!((said[5], said.len()), ("it.f has to be y or z.", 6));
        assert_eq!(Fields::new(&json!([]), "it", "", METADATA).problems.len(), 1);
    }

    #[test]
    fn form_fields_are_texts() {
        let value = json!({ "a": "true", "b": false, "c": "11", "d": 12, "e": 12.0, "f": 1e1, "g": 12.5, "h": -1.0 });
        let mut fields = Fields::new(&value, "it", "", METADATA);
        assert_eq!((fields.boolean("a"), fields.boolean("b")), (Some(true), Some(false)));
        assert_eq!((fields.whole("c", 0, 20), fields.whole("d", 0, 20)), (Some(11), Some(12)));
        assert_eq!((fields.whole("e", 0, 20), fields.whole("f", 0, 20)), (Some(12), Some(10)), "as JSON has numbers");
        assert_eq!(fields.problems, []);
        assert_eq!((fields.whole("g", 0, 20), fields.whole("h", 0, 20)), (None, None));
        assert_eq!(fields.problems.len(), 2);
    }
}
