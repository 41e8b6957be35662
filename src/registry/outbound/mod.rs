//! Where scripts may go: the document that says so, and the decision on one request.

mod address;
mod host;
mod judge;
mod parse;
mod path;
pub mod secret;
mod terms;

pub use host::{Host, Pattern};
pub use judge::{Asked, Grant, Refused, Verdict, judge};
pub use parse::parse;
pub use terms::{Terms, Way};

/// Where a script, or each of a namespace, may go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Nowhere.
    Block,
    /// Wherever we go.
    Inherit,
    /// Where a rule is for it.
    Rules(Rules),
}

/// A list of what is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// The first that a request is for counts.
    pub list: Vec<Rule>,
    /// What is not allowed is let through, and told.
    pub dry_run: bool,
}

/// What is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// What it is called; where nobody has named it, its host.
    pub name: String,
    /// The hosts.
    pub host: Pattern,
    /// The methods; none is all.
    pub methods: Vec<String>,
    /// What paths begin with.
    pub path_prefix: String,
    /// The ports; none is the usual one of the scheme.
    pub ports: Vec<u16>,
    /// `https` or `http`; nothing is both.
    pub scheme: String,
    /// What is put into the request.
    pub headers: Vec<Injected>,
    /// So many requests of a script a minute.
    pub per_minute: Option<u32>,
    /// So long may the body of a response be.
    pub response_bytes: Option<u64>,
}

/// A header that the script does not see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Injected {
    /// Its name, in lower case.
    pub name: String,
    /// The name of the secret that it has as its value,
    pub secret: String,
    /// behind this.
    pub prefix: String,
}
