//! What is wrong with a code, before the runtime sees it.

use std::fmt;

use crate::{
    Module, Outbound, Stub,
    by_name::ByName,
    env_value::{EnvValue, serialized_size, string_size, varint},
    parts::Parts,
};

/// All modules together, in bytes: 64 MiB (workerd, `src/workerd/api/worker-loader.c++`).
pub const MAX_CODE_BYTES: usize = 64 * 1024 * 1024;

/// The serialized `env`, in bytes: 1 MiB (workerd, `src/workerd/api/worker-loader.c++`).
pub const MAX_ENV_BYTES: usize = 1024 * 1024;

/// One thing that is wrong with a code. `Display` names the cause and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The compatibility date is no date.
    BadCompatibilityDate(String),
    /// A compatibility flag is empty or holds what no flag holds.
    BadCompatibilityFlag(String),
    /// There is no module at all.
    NoModules,
    /// The main module is not among the modules.
    MainModuleMissing(String),
    /// The main module is of a kind that cannot be one.
    MainModuleNotCode {
        /// The main module's name.
        name: String,
        /// Its kind, as the runtime names it.
        kind: &'static str,
    },
    /// TypeScript or JSX was given as JavaScript.
    TypeScriptAsJavaScript(String),
    /// A Python module under a main module that is not Python.
    PythonUnderJavaScriptMain(String),
    /// Two modules have one name.
    DuplicateModule(String),
    /// Two entries of `env` have one name.
    DuplicateEnv(String),
    /// An entry of `env` has a name that is none for a property: "" or `__proto__`.
    UncleanEnvName(String),
    /// A stub, a secret or a bundle was given with an empty fingerprint, which tells it from no other.
    EmptyFingerprint {
        /// What it was given for: `env.NAME`, a module's name, `outbound`, `tails`, `the bundle`.
        place: String,
    },
    /// A module's name is not a clean relative path.
    UncleanModuleName {
        /// The name as given.
        name: String,
        /// What is unclean about it.
        why: &'static str,
    },
    /// The modules together are over [`MAX_CODE_BYTES`].
    CodeTooLarge(usize),
    /// `env` is over [`MAX_ENV_BYTES`] when serialized.
    EnvTooLarge(usize),
    /// A value given for `env` or a JSON module cannot be written as JSON.
    NotJson {
        /// Where it was given: `env.NAME` or the module's name.
        place: String,
        /// What serde says.
        why: String,
    },
    /// Streaming tails without `allowExperimental`.
    StreamingTailsAreExperimental,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCompatibilityDate(date) => crate::InvalidDate(date.clone()).fmt(f),
            Self::BadCompatibilityFlag(flag) => {
                write!(f, "{flag:?} is no compatibility flag: flags are of a-z, 0-9, `_`, `-` and `:`")
            }
            Self::NoModules => f.write_str("there is no module: add at least the main module"),
            Self::MainModuleMissing(name) => {
                write!(f, "the main module {name:?} is not among the modules: add it, or name another")
            }
            Self::MainModuleNotCode { name, kind } => write!(
                f,
                "the main module {name:?} is a `{kind}` module: a main module is an ES module (js) or Python (py)"
            ),
            Self::TypeScriptAsJavaScript(name) => write!(
                f,
                "{name:?} is TypeScript or JSX given as JavaScript: the runtime does not compile it; bundle it first \
                 (esbuild, or @cloudflare/worker-bundler) and give the .js that comes out"
            ),
            Self::PythonUnderJavaScriptMain(name) => write!(
                f,
                "{name:?} is a Python module, but the main module is not: the runtime takes a main module for Python \
                 where its name ends in .py"
            ),
            Self::DuplicateModule(name) => write!(f, "two modules are named {name:?}: rename one"),
            Self::DuplicateEnv(name) => write!(f, "two entries of env are named {name:?}: rename one"),
            Self::UncleanEnvName(name) => write!(f, "{name:?} is no name for an entry of env: use another"),
            Self::EmptyFingerprint { place } => write!(
                f,
                "the fingerprint of {place} is empty: name what it stands for, or give a stub without one (the methods \
                 that end in `_opaque`)"
            ),
            Self::UncleanModuleName { name, why } => {
                write!(f, "the module name {name:?} {why}: use a clean relative path such as \"lib/util.js\"")
            }
            Self::CodeTooLarge(bytes) => write!(
                f,
                "the modules are {bytes} bytes together, the limit is {MAX_CODE_BYTES} (64 MiB): drop or shrink some"
            ),
            Self::EnvTooLarge(bytes) => write!(
                f,
                "env is {bytes} bytes serialized, the limit is {MAX_ENV_BYTES} (1 MiB): move large values into a \
                 module, or behind a binding"
            ),
            Self::NotJson { place, why } => write!(f, "{place} cannot be written as JSON: {why}"),
            Self::StreamingTailsAreExperimental => {
                f.write_str("streaming tails are experimental: they need allow_experimental(true)")
            }
        }
    }
}

/// All that is wrong with a code, in the order of the code's fields. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// The problems of the modules and of their main; and how many bytes they are.
pub(crate) fn modules(parts: &Parts, problems: &mut Vec<Problem>) -> usize {
    let Parts { main_module: main, modules, bundle, .. } = parts;
    match modules.get(main) {
        // What is in it is known to whoever made it.
        None if bundle.is_some() => {}
        _ if modules.is_empty() => problems.push(Problem::NoModules),
        None => problems.push(Problem::MainModuleMissing(main.to_owned())),
        Some(Module::Js(_) | Module::Py(_)) => {}
        Some(other) => {
            problems.push(Problem::MainModuleNotCode { name: main.to_owned(), kind: other.kind() });
        }
    }
    let python_main = main.ends_with(".py");
    for (name, module) in modules.iter() {
        if let Some(why) = unclean(name) {
            problems.push(Problem::UncleanModuleName { name: name.to_owned(), why });
        }
        let script = matches!(module, Module::Js(_) | Module::Cjs(_));
        if script && [".ts", ".tsx", ".jsx", ".mts", ".cts"].iter().any(|end| name.ends_with(end)) {
            problems.push(Problem::TypeScriptAsJavaScript(name.to_owned()));
        }
        if matches!(module, Module::Py(_)) && !python_main {
            problems.push(Problem::PythonUnderJavaScriptMain(name.to_owned()));
        }
    }
    let bytes = modules.iter().map(|(_, module)| module.size()).sum();
    if bytes > MAX_CODE_BYTES {
        problems.push(Problem::CodeTooLarge(bytes));
    }
    bytes
}

/// The problems of `env`: names, and its size. Around the entries are 4 bytes and their count; a stub travels beside
/// them and leaves a tag of 3. What is not counted is the byte that V8 puts before some texts that are not Latin-1.
pub(crate) fn env(env: &ByName<EnvValue>, problems: &mut Vec<Problem>) {
    for (name, _) in env.iter().filter(|(name, _)| matches!(*name, "" | "__proto__")) {
        problems.push(Problem::UncleanEnvName(name.to_owned()));
    }
    let bytes = env
        .iter()
        .map(|(name, value)| match value {
            EnvValue::Stub(_) => string_size(name) + 3,
            EnvValue::Json(value) | EnvValue::Secret { secret: value, .. } => {
                string_size(name) + serialized_size(value)
            }
        })
        .sum::<usize>()
        + 4
        + varint(env.iter().count() as u64);
    if bytes > MAX_ENV_BYTES {
        problems.push(Problem::EnvTooLarge(bytes));
    }
}

/// The problems of what a fingerprint stands for, wherever it is.
pub(crate) fn fingerprints(parts: &Parts, problems: &mut Vec<Problem>) {
    let in_modules = parts.modules.iter().filter_map(|(name, module)| match module {
        Module::Compiled(stub) => Some((name.to_owned(), &stub.fingerprint)),
        _ => None,
    });
    let in_env = parts.env.iter().filter_map(|(name, value)| match value {
        EnvValue::Stub(Stub { fingerprint, .. }) | EnvValue::Secret { fingerprint, .. } => {
            Some((format!("env.{name}"), fingerprint))
        }
        EnvValue::Json(_) => None,
    });
    let outbound = match &parts.outbound {
        Outbound::Through(stub) => Some(("outbound".to_owned(), &stub.fingerprint)),
        _ => None,
    };
    let tails = parts.tails.iter().chain(&parts.streaming_tails).map(|stub| ("tails".to_owned(), &stub.fingerprint));
    let bundle = parts.bundle.iter().map(|bundle| ("the bundle".to_owned(), &bundle.digest));
    let all = in_modules.chain(bundle).chain(in_env).chain(outbound).chain(tails);
    problems.extend(
        all.filter(|(_, fingerprint)| fingerprint.is_empty()).map(|(place, _)| Problem::EmptyFingerprint { place }),
    );
}

pub(crate) fn flag_is_clean(flag: &str) -> bool {
    !flag.is_empty() && flag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:-".contains(&b))
}

/// Why a module name would not mean to the runtime what it says to a person. Module names are resolved as URLs are.
fn unclean(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 1024 {
        Some("is longer than 1024 bytes")
    } else if name.chars().any(char::is_control) {
        Some("holds a control character")
    } else if name.contains(['\\', '?', '#', '%']) {
        Some("holds one of \\ ? # %, which mean something else in a module specifier")
    } else if name.starts_with('/') {
        Some("starts with a slash")
    } else if name.split('/').any(|part| part.is_empty()) {
        Some("has an empty part")
    } else if name.split('/').any(|part| part == "." || part == "..") {
        Some("has a `.` or `..` part")
    } else if name == "__proto__" {
        Some("is no name for a property in JavaScript")
    } else if name.contains(':') {
        Some("holds a colon, as built-in modules do (node:, cloudflare:)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_clean_or_say_why_not() {
        for clean in ["index.js", "lib/a.js", "a b.txt", "däta.bin", "@scope/pkg/index.mjs", ".hidden/x.js"] {
            assert_eq!(unclean(clean), None, "{clean}");
        }
        let long = "a".repeat(1025);
        for dirty in [
            "",
            "/a.js",
            "./a.js",
            "../a.js",
            "a//b.js",
            "a/",
            "a/../b.js",
            "a\\b.js",
            "node:fs",
            "a.js?x",
            "a#b",
            "a%2fb",
            "a\nb",
            "a\0b",
            &long,
        ] {
            assert!(unclean(dirty).is_some(), "{dirty:?}");
        }
    }
}
