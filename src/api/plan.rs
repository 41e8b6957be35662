//! What a call comes to: a question to one Durable Object, made of path, query and body. Pure.

use serde_json::{Value, json};

use super::{
    Action, Call, Caller, beside, bindings, deployments, namespaces, query::Query, scripts, secrets, settings, tags,
    tokens, versions,
};
use crate::registry::{Refusal, problem};

/// Whom to ask, or the answer itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The result, which needs nobody.
    Answer(Value),
    /// All there is of a list.
    List(Vec<Value>),
    /// Asks the Directory.
    Directory(Question),
    /// Asks the object of the call's namespace.
    Namespace(Question),
    /// Asks the object of the call's script.
    Script(Question),
}

/// An operation of a Durable Object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `{"op": ...}`.
    pub operation: Value,
    /// Whether the answer is a page, with `result_info`.
    pub paged: bool,
}

/// A plan, or all that is wrong with the call.
pub type Planned = Result<Plan, Refusal>;

/// What is read of a call.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The method and the path.
    pub call: &'a Call,
    /// The query.
    pub query: Query<'a>,
    /// The body, where the call has one.
    pub body: Value,
    /// Who calls.
    pub caller: &'a Caller,
}

/// An operation that answers with the result itself.
pub(super) fn question(operation: Value) -> Question {
    Question { operation, paged: false }
}

/// An operation that answers with a page.
pub(super) fn paged(operation: Value) -> Question {
    Question { operation, paged: true }
}

impl Asked<'_> {
    /// An operation about the named script.
    pub(super) fn script(&self, op: &str) -> Value {
        json!({ "op": op, "namespace": self.call.namespace, "script": self.call.script })
    }

    /// The page that the query asks for, as it says it: the object knows what there can be.
    pub(super) fn page(&mut self, operation: &mut Value) {
        for name in ["page", "per_page"] {
            operation[name] = self.query.text(name).map_or(Value::Null, Value::from);
        }
    }

    /// What was wrong with the query, if anything.
    pub(super) fn checked(self, plan: Plan) -> Planned {
        let problems = self.query.problems;
        if problems.is_empty() { Ok(plan) } else { Err(Refusal::Api { status: 400, problems }) }
    }
}

/// Whether the call has a JSON body.
pub fn has_json(action: Action) -> bool {
    matches!(
        action,
        Action::CreateToken
            | Action::RollToken
            | Action::CreateNamespace
            | Action::RenameNamespace
            | Action::PatchNamespace
            | Action::PatchQuota
            | Action::PatchSettings
            | Action::PutSecret
            | Action::PatchSecrets
            | Action::PutTags
            | Action::Deploy
    )
}

/// Reads a JSON body; nothing at all is `null`.
///
/// # Errors
/// [`Refusal::Api`] with 400, when it is not JSON.
pub fn body(text: &str) -> Result<Value, Refusal> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text)
        .map_err(|error| Refusal::api(400, problem::UNREADABLE_BODY, format!("The body is not JSON: {error}.")))
}

/// What the call comes to. `None` for those that are no mere question: uploads, content, assets, explain.
///
/// # Errors
/// All that is wrong with the call.
pub fn plan(asked: Asked<'_>) -> Option<Planned> {
    Some(match asked.call.action {
        Action::User
        | Action::VerifyToken
        | Action::Memberships
        | Action::Accounts
        | Action::Account
        | Action::OrdinaryWorker => beside::plan(asked),
        Action::ListTokens | Action::CreateToken | Action::DeleteToken | Action::RollToken => tokens::plan(asked),
        Action::ListNamespaces
        | Action::CreateNamespace
        | Action::Namespace
        | Action::RenameNamespace
        | Action::PatchNamespace
        | Action::DeleteNamespace
        | Action::Quota
        | Action::PatchQuota => namespaces::plan(asked),
        Action::ListScripts | Action::DeleteScripts | Action::Script | Action::DeleteScript => scripts::plan(asked),
        Action::Settings | Action::PatchSettings => settings::plan(asked),
        Action::Bindings => bindings::plan(asked),
        Action::ListSecrets | Action::PutSecret | Action::PatchSecrets | Action::Secret | Action::DeleteSecret => {
            secrets::plan(asked)
        }
        Action::Tags | Action::PutTags | Action::PutTag | Action::DeleteTag => tags::plan(asked),
        Action::ListVersions | Action::Version => versions::plan(asked),
        Action::ListDeployments | Action::Deploy | Action::Deployment | Action::DeleteDeployment => {
            deployments::plan(asked)
        }
        Action::PutScript
        | Action::Content
        | Action::PutContent
        | Action::PostVersion
        | Action::Explain
        | Action::AssetsSession
        | Action::UploadAssets => return None,
    })
}
