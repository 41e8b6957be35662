//! What holds for a script, and for a namespace: the policy with what it needs.

use serde_json::Value;

use super::{Policy, parse};

/// The policy of a script or of a namespace, if it has one, and its outbound secrets.
#[derive(Default)]
pub struct Terms {
    /// The policy.
    pub policy: Option<Policy>,
    /// The secrets, `{NAME: text}`.
    secrets: Value,
    /// What they were read from.
    policy_text: Value,
}

/// How the requests of a script leave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// They do not.
    #[default]
    Block,
    /// As ours do.
    Inherit,
    /// By the gateway, which looks at each.
    Through,
}

impl Terms {
    /// Of a policy and secrets as they are stored. A policy that cannot be read, as a newer host's, allows nothing.
    pub fn read(policy: &Value, secrets: &Value) -> Self {
        let (policy_text, secrets) = (policy.clone(), secrets.clone());
        let policy = (!policy.is_null()).then(|| parse(policy).unwrap_or(Policy::Block));
        Self { policy, secrets, policy_text }
    }

    /// Opens the secrets; those that do not open are none.
    pub fn open(&mut self, open: impl Fn(&str, &str) -> Option<String>) {
        for (name, text) in self.secrets.as_object_mut().into_iter().flatten() {
            *text = text.as_str().and_then(|text| open(name, text)).into();
        }
    }

    /// The names and values of all secrets that opened.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        let secrets = self.secrets.as_object().into_iter().flatten();
        secrets.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The value of a secret.
    pub fn secret(&self, name: &str) -> Option<&str> {
        self.secrets[name].as_str()
    }
}

// Without the values of its secrets.
impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Terms")
    }
}

impl PartialEq for Terms {
    fn eq(&self, other: &Self) -> bool {
        self.policy_text == other.policy_text && self.secrets == other.secrets
    }
}

impl Eq for Terms {}

impl Way {
    /// Of a script in its namespace: what both allow. Neither says anything: nowhere.
    pub fn of(script: &Terms, namespace: &Terms, trusted: bool) -> Self {
        let mut way = None;
        for policy in [&script.policy, &namespace.policy].into_iter().flatten() {
            let one = match policy {
                Policy::Inherit if trusted => Self::Inherit,
                Policy::Block | Policy::Inherit => return Self::Block,
                Policy::Rules(_) => Self::Through,
            };
            if way != Some(Self::Through) {
                way = Some(one);
            }
        }
        way.unwrap_or_default()
    }

    /// As it is told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Inherit => "inherit",
            Self::Through => "rules",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_way_is_the_narrower_one() {
        let (none, block, inherit, rules) = (Value::Null, json!("block"), json!("inherit"), json!({ "rules": [] }));
        let newer = json!({ "rules": [], "of_tomorrow": 1 });
        for (script, namespace, untrusted, trusted) in [
            (&none, &none, "block", "block"),
            (&none, &inherit, "block", "inherit"),
            (&none, &rules, "rules", "rules"),
            (&inherit, &none, "block", "inherit"),
            (&inherit, &inherit, "block", "inherit"),
            (&inherit, &rules, "block", "rules"),
            (&inherit, &block, "block", "block"),
            (&rules, &none, "rules", "rules"),
            (&rules, &inherit, "block", "rules"),
            (&rules, &rules, "rules", "rules"),
            (&rules, &block, "block", "block"),
            (&block, &rules, "block", "block"),
            (&block, &inherit, "block", "block"),
            (&newer, &inherit, "block", "block"),
        ] {
            let terms = |policy| Terms::read(policy, &Value::Null);
            let way = |trusted| Way::of(&terms(script), &terms(namespace), trusted).as_str();
            assert_eq!((way(false), way(true)), (untrusted, trusted), "{script} {namespace}");
        }
    }

    #[test]
    fn other_secrets_are_other_terms_and_nobody_prints_them() {
        let terms = |value: &str| Terms::read(&json!("block"), &json!({ "A": value }));
        assert!(terms("a") == terms("a") && terms("a") != terms("b"));
        assert_eq!((terms("a").secret("A"), terms("a").secret("B")), (Some("a"), None));
        assert!(!format!("{:?}", terms("hush")).contains("hush"));
    }
}
