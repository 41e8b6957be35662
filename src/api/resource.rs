//! What a path of the control API is made of: each file of a resource has a table of these.

/// A path and its methods.
#[derive(Debug)]
pub struct Resource {
    /// The path after `/client/v4/`. A part that begins with `:` is any name; `*` is any rest.
    pub path: &'static str,
    /// The methods, as the header `Allow` tells them.
    pub allow: &'static str,
    /// What each of them does. A method `*` is any.
    pub methods: &'static [(&'static str, Does)],
}

/// What a call does.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// Puts a question to a Durable Object, and answers what that answers.
    Ask(&'static Question),
    /// The same where it concerns more than what is in a namespace: for tokens that are for all of them.
    Administer(&'static Question),
    /// Something of its own.
    Own(Action),
}

/// An operation of a Durable Object, and where its fields are in the call.
#[derive(Debug)]
pub struct Question {
    /// Who answers.
    pub whom: Whom,
    /// The operation's name.
    pub op: &'static str,
    /// Its fields.
    pub fields: &'static [(&'static str, From)],
    /// Whether the answer is a page, with `result_info`.
    pub paged: bool,
}

/// The Durable Objects that answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The one that knows the namespaces and the tokens.
    Directory,
    /// The one of the namespace in the path.
    Namespace,
    /// The one of the script in the path.
    Script,
    /// The one of the queue in the path.
    Queue,
    /// The one that knows what the scripts of the namespace in the path did.
    Telemetry,
}

/// Where the value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The namespace in the path.
    Namespace,
    /// The script in the path; nothing where there is none.
    Script,
    /// The last name in the path.
    Item,
    /// The parameter of this name, as text.
    Query,
    /// The parameter of this name, true or false.
    Flag,
    /// The whole JSON body.
    Body,
    /// The whole body, which is JSON, or a form that stands for JSON under this name.
    Form(&'static str),
    /// The field of this name in the JSON body.
    Field(&'static str),
    /// The same, and none where the body has none: that it is `null` means something.
    Given(&'static str),
    /// The namespaces that the caller sees; null is all.
    Seen,
    /// The id of the caller's token.
    Caller,
}

/// What is no mere question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is named in a table, beside its method and path.
pub enum Action {
    User,
    VerifyToken,
    Memberships,
    Accounts,
    Account,
    Bucket,
    Queues,
    Stores,
    Store,
    OrdinaryWorker,
    PutScript,
    PutContent,
    Content,
    PostVersion,
    Explain,
    PostTail,
    Run,
    AssetsSession,
    UploadAssets,
}

/// Which page of a list.
pub(super) const PAGE: (&str, From) = ("page", From::Query);
/// Who it was.
pub(super) const BY: (&str, From) = ("by", From::Caller);
/// How many a page has.
pub(super) const PER_PAGE: (&str, From) = ("per_page", From::Query);

impl Question {
    /// Whether the call has a JSON body.
    pub fn has_body(&self) -> bool {
        self.fields.iter().any(|(_, from)| matches!(from, From::Body | From::Field(_) | From::Given(_)))
    }

    /// The name of the document, where the body may be a form.
    pub fn form(&self) -> Option<&'static str> {
        self.fields.iter().find_map(|(_, from)| if let From::Form(root) = from { Some(*root) } else { None })
    }

    /// A list, by the page.
    pub(super) const fn page(whom: Whom, op: &'static str, fields: &'static [(&'static str, From)]) -> Self {
        Self { whom, op, fields, paged: true }
    }

    /// Anything else.
    pub(super) const fn one(whom: Whom, op: &'static str, fields: &'static [(&'static str, From)]) -> Self {
        Self { whom, op, fields, paged: false }
    }
}

/// The path of something in an account.
macro_rules! in_account {
    ($rest:literal) => {
        concat!("accounts/:account/", $rest)
    };
}
/// The path of something in a namespace.
macro_rules! in_namespace {
    ($rest:literal) => {
        concat!("accounts/:account/workers/dispatch/namespaces/:namespace", $rest)
    };
}
/// The path of something of a script.
macro_rules! of_script {
    ($rest:literal) => {
        concat!("accounts/:account/workers/dispatch/namespaces/:namespace/scripts/:script", $rest)
    };
}
pub(super) use {in_account, in_namespace, of_script};
