//! The way of a call: its token, its body, its namespace, and the Durable Object that answers.

use js_sys::futures::JsFuture;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::Env;

use super::{
    Action, Call, Caller, Does, Question, Whom, assets, auth, beside, content, explain, plan, query::Query, run,
    stored, tail, uploads,
};
use crate::{
    dispatch,
    http::path_of,
    registry::{Refusal, problem},
    reply::{self, envelope},
    storage,
    sys::read_text,
    upload,
};

/// A JSON body is at most so many bytes.
const MAX_JSON_BYTES: u32 = 1024 * 1024;

/// All that is known of a call once it may be made.
#[derive(Debug)]
pub struct Scope {
    /// The request, its body unread.
    pub request: Request,
    /// Its URL.
    pub url: String,
    /// The Worker's bindings.
    pub env: Env,
    /// What is asked for.
    pub call: Call,
    /// Who asks.
    pub caller: Caller,
}

/// The namespace of a call.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id, by which its objects are named.
    pub id: String,
    /// Whether its scripts are trusted.
    pub trusted: bool,
}

/// Serves a call of the control API.
pub fn serve(request: Request, env: Env) -> JsValue {
    reply::later(async move { reply::enveloped(respond(request, env).await) })
}

async fn respond(request: Request, env: Env) -> Result<Response, Refusal> {
    let url = request.url();
    let parsed = Call::parse(&request.method(), path_of(&url));
    if let Ok((_, Does::Own(Action::UploadAssets))) = parsed {
        // It brings the token of its upload session, and no other.
        return match assets::upload(&env, &request).await {
            Ok((status, result)) => Ok(reply::json(status, &envelope::success(&result))?),
            Err(refusal) => Err(auth::counted(refusal, &request, &env).await),
        };
    }
    let caller = auth::caller(&request, &env).await?;
    self::call(caller, env, request).await
}

/// Answers a call of a caller that is known: a client's, or one that is made in a client's name.
///
/// # Errors
/// Whatever is told in the envelope.
pub async fn call(caller: Caller, env: Env, request: Request) -> Result<Response, Refusal> {
    let url = request.url();
    // What there is and what not is told to whom it opens.
    let (call, does) = Call::parse(&request.method(), path_of(&url))?;
    caller.may(&call, does)?;
    let scope = Scope { request, url, env, call, caller };
    let answer = match does {
        Does::Ask(question) | Does::Administer(question) => scope.put(question).await,
        Does::Own(action) => scope.act(action).await,
    };
    scope.make_known();
    answer
}

impl Scope {
    /// What was changed, or may have been, is in effect in this isolate from its next request on.
    fn make_known(&self) {
        let Call { namespace, script, reads, .. } = &self.call;
        match (*reads, namespace.is_empty(), script.is_empty()) {
            (true, ..) | (_, true, _) => {}
            (_, _, true) => dispatch::forget_namespace(namespace),
            _ => dispatch::forget(namespace, script),
        }
    }

    /// What stands behind the `?`.
    pub fn query(&self) -> Query<'_> {
        Query::of(&self.url)
    }

    /// The namespace, by asking the Directory.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 404 where there is none, and as [`storage::ask`].
    pub async fn namespace(&self) -> Result<Found, Refusal> {
        let operation = json!({ "op": "namespace", "name": self.call.namespace });
        let found = storage::ask(&self.env, "DIRECTORY", "directory", &operation).await?;
        let found: Value = serde_json::from_str(&found).unwrap_or_default();
        let id = found["namespace_id"].as_str().map(str::to_owned);
        let id = id.ok_or_else(|| Refusal::StorageUnavailable("DIRECTORY gave no namespace_id".to_owned()))?;
        Ok(Found { id, trusted: found["trusted_workers"] == Value::Bool(true) })
    }

    /// What is no mere question: each is `async fn(&Scope) -> Result<Response, Refusal>` in a file of its own.
    async fn act(&self, action: Action) -> Result<Response, Refusal> {
        match action {
            Action::AssetsSession => {
                let id = self.namespace().await?.id;
                let session = assets::open_session(&self.env, &self.request, &id, &self.call.script).await?;
                Ok(reply::json(200, &envelope::success(&session))?)
            }
            Action::PutScript => uploads::upload(self, uploads::Kind::Script).await,
            Action::PostVersion => uploads::upload(self, uploads::Kind::Version).await,
            Action::PutContent => uploads::upload(self, uploads::Kind::Content).await,
            Action::Content => content::get(self).await,
            Action::Stores => stored::list(self).await,
            Action::Store => stored::one(self).await,
            Action::Explain => explain::get(self).await,
            Action::PostTail => tail::post(self).await,
            Action::Run => run::post(self).await,
            _ => Ok(reply::json(200, &beside::answer(action, &self.call, &self.caller, self.query())?)?),
        }
    }

    /// Puts the question, and gives the answer in its envelope.
    async fn put(&self, question: &Question) -> Result<Response, Refusal> {
        let body = match question.form() {
            Some(root) => upload::document(&self.request, root).await?,
            None if question.has_body() => plan::body(&text(&self.request).await?)?,
            None => Value::Null,
        };
        let mut operation = plan::operation(question, &self.call, &self.caller, self.query(), body)?;
        let (binding, name) = match question.whom {
            Whom::Directory => ("DIRECTORY", "directory".to_owned()),
            Whom::Namespace => ("NAMESPACES", self.namespace().await?.id),
            Whom::Telemetry => ("TELEMETRY", self.namespace().await?.id),
            Whom::Queue => {
                operation["namespace"] = self.call.namespace.as_str().into();
                ("QUEUES", [&self.namespace().await?.id, "/queue/", &self.call.item].concat())
            }
            Whom::Script => {
                let namespace = self.namespace().await?;
                operation["namespace"] = self.call.namespace.as_str().into();
                operation["trusted_workers"] = namespace.trusted.into();
                uploads::recheck(self, &namespace, &operation).await?;
                ("SCRIPTS", [&namespace.id, "/", &self.call.script].concat())
            }
        };
        let result = storage::ask(&self.env, binding, &name, &operation).await;
        if let Some(name) = operation["new_name"].as_str() {
            // There may be scripts under it now which were asked for in vain.
            dispatch::forget_namespace(name);
        }
        let result = result?;
        let body = if question.paged { envelope::page(&result) } else { envelope::success(&result) };
        Ok(reply::json(200, &body)?)
    }
}

/// The body of a JSON call.
///
/// # Errors
/// [`Refusal::BodyTooLarge`]; [`Refusal::Api`] with 400 where it did not arrive, is no text, or is nested too deeply.
pub async fn text(request: &Request) -> Result<String, Refusal> {
    let text = JsFuture::from(read_text(request, MAX_JSON_BYTES)).await;
    let text = text.unwrap_or_default();
    if text.is_null() {
        return Err(Refusal::BodyTooLarge { limit: MAX_JSON_BYTES as usize });
    }
    let why = match text.as_bool() {
        Some(_) => "The body is nested too deeply: 64 levels are the most.",
        None => "The body did not arrive whole, or is not UTF-8.",
    };
    text.as_string().ok_or_else(|| Refusal::api(400, problem::UNREADABLE_BODY, why))
}
