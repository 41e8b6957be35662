//! Uploads: a script, a version that is not live yet, or the content of a script alone.

use serde_json::{Map, Value, json};
use web_sys::Response;

use super::{Found, Scope, assets};
use crate::{
    registry::{Problem, Refusal, binding, metadata, problem, service, store},
    reply::{self, envelope},
    settings, storage,
    upload::{self, Kept, Received, bundle_key, map_key},
};

/// The operations that make a new version of the one that is there: it is tried before it is made, as an upload is.
const TRIED: [&str; 4] = ["patch_settings", "put_secret", "patch_secrets", "delete_secret"];

/// What is uploaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `PUT scripts/NAME`: a version, which is live at once.
    Script,
    /// `POST scripts/NAME/versions`: a version of a script that is there, live when it is deployed.
    Version,
    /// `PUT scripts/NAME/content`: other modules, and all else as it is.
    Content,
}

/// Takes an upload from its first byte to a version: received, parsed, resolved, tried, written to R2 and then, in one
/// transaction, there.
///
/// # Errors
/// All that is wrong with it; nothing is changed then.
pub(super) async fn upload(scope: &Scope, kind: Kind) -> Result<Response, Refusal> {
    // First, as who is told while it still sends may not see what.
    let received = upload::receive(&scope.request, &scope.env).await?;
    let script = Script { scope, namespace: scope.namespace().await?, is_content: kind == Kind::Content };
    // Whether it may be there, or whether it is.
    let first = match kind {
        Kind::Script => "admit",
        Kind::Version => "tags",
        Kind::Content => "settings",
    };
    let bytes: u64 = received.modules.iter().filter_map(|module| module["bytes"].as_u64()).sum();
    let settings = script.ask(first, vec![("bytes", bytes.into())]).await?;
    if kind != Kind::Script {
        script.ask("admit", vec![("bytes", bytes.into())]).await?;
    }
    let metadata = if kind == Kind::Content { metadata_of(&received, &settings)? } else { received.metadata.clone() };
    let mut draft = parse(&received, &metadata)?;
    draft["source"] = source(scope).into();

    let version = script.ask("resolve", vec![("draft", draft.clone())]).await?;
    script.check_others(&version).await?;
    let mut startup_time_ms = json!(0);
    let digest = draft["bundle"].as_str().map(str::to_owned);
    if digest.is_some() {
        let checked = received.kept.check(&scope.env, &version).await?;
        draft["handlers"] = checked.handlers;
        draft["named_handlers"] = checked.named_handlers;
        draft["exports"] = checked.classes;
        startup_time_ms = checked.startup_time_ms;
    }
    if draft["assets"].is_object() {
        let (id, name, has_worker) = (&script.namespace.id, &scope.call.script, digest.is_some());
        draft["assets"] = assets::complete(&scope.env, id, name, &draft["assets"], has_worker).await?;
    }
    let objects = match digest {
        Some(digest) => script.store(&received, &digest, bytes).await?,
        None => Vec::new(),
    };
    let deploy = kind != Kind::Version;
    let stored = script.ask("upload", vec![("draft", draft), ("deploy", deploy.into()), ("objects", objects.into())]);
    let mut stored = stored.await?;

    let mut result = match kind {
        Kind::Script => stored["script"]["script"].take(),
        Kind::Version => stored["version"].take(),
        Kind::Content => stored["script"].take(),
    };
    if kind != Kind::Content {
        result["startup_time_ms"] = startup_time_ms;
    }
    if kind == Kind::Script {
        result["entry_point"] = metadata["main_module"].clone();
    }
    Ok(reply::json(200, &envelope::success(&result.to_string()))?)
}

/// Tries the version that an operation of a script's object would make. For any other operation there is nothing to do.
///
/// # Errors
/// All that the operation would be refused for; and as [`upload`].
pub(super) async fn recheck(scope: &Scope, namespace: &Found, operation: &Value) -> Result<(), Refusal> {
    if !TRIED.iter().any(|op| operation["op"] == *op) {
        return Ok(());
    }
    let script = Script { scope, namespace: namespace.clone(), is_content: false };
    let version = script.ask("try", vec![("operation", operation.clone())]).await?;
    script.check_others(&version).await?;
    if version["bundle"].is_null() {
        return Ok(());
    }
    let kept = Kept::read(&scope.env, &namespace.id, &scope.call.script, &version).await?;
    kept.check(&scope.env, &version).await.map(drop)
}

/// The script that an upload is for.
struct Script<'a> {
    scope: &'a Scope,
    namespace: Found,
    /// Whether what is not sent is that of the latest version.
    is_content: bool,
}

impl Script<'_> {
    /// Asks its object; or its namespace's, whether it may be there.
    async fn ask(&self, op: &str, fields: Vec<(&'static str, Value)>) -> Result<Value, Refusal> {
        let call = &self.scope.call;
        let mut operation = Map::new();
        for (name, value) in [("op", op), ("namespace", &call.namespace), ("script", &call.script)] {
            operation.insert(name.to_owned(), value.into());
        }
        operation.insert("trusted_workers".to_owned(), self.namespace.trusted.into());
        operation.insert("content".to_owned(), self.is_content.into());
        for (name, value) in fields {
            operation.insert(name.to_owned(), value);
        }
        let (binding, object) = match op {
            "admit" => ("NAMESPACES", self.namespace.id.clone()),
            _ => ("SCRIPTS", [&self.namespace.id, "/", &call.script].concat()),
        };
        let answer = storage::ask(&self.scope.env, binding, &object, &operation.into()).await?;
        serde_json::from_str(&answer).map_err(|error| Refusal::StorageUnavailable(error.to_string()))
    }

    /// Whether what a version names of others is there, and is for it: services, and what the host shares.
    async fn check_others(&self, version: &Value) -> Result<(), Refusal> {
        let call = &self.scope.call;
        let mut problems = Vec::new();
        let shared = settings::json(&self.scope.env, "SHARED")?;
        for binding in version["bindings"].as_array().into_iter().flatten() {
            if !store::may_have(&shared, binding, &call.namespace) {
                let message = format!(
                    "The binding {} is to what this host would have to share with this namespace, and does not: the ids of what is a \
                     script's own do not begin with \"host.\".",
                    binding["name"]
                );
                problems.push(Problem::new(problem::VALIDATION, message));
            }
            let (namespace, name) = service::target(binding, &call.namespace);
            if binding["type"] != "service" || (namespace == call.namespace && name == call.script) {
                continue;
            }
            let is_there = match self.namespace_of_service(namespace, name).await? {
                Some(id) => {
                    let object = [&id, "/", name].concat();
                    match storage::ask(&self.scope.env, "SCRIPTS", &object, &json!({ "op": "tags" })).await {
                        Err(Refusal::Api { status: 404, .. }) => false,
                        answer => answer.map(|_| true)?,
                    }
                }
                None => false,
            };
            if !is_there {
                let message = format!(
                    "Could not resolve service binding {}: there is no script {namespace}/{name} that it may call. Upload that \
                     first; one of another namespace has to be in the `services` of this one.",
                    binding["name"]
                );
                problems.push(Problem::new(problem::NO_SUCH_SERVICE, message));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Refusal::invalid(problems)) }
    }

    /// The id of the namespace of a service that may be called.
    async fn namespace_of_service(&self, namespace: &str, name: &str) -> Result<Option<String>, Refusal> {
        let call = &self.scope.call;
        if namespace == call.namespace {
            return Ok(Some(self.namespace.id.clone()));
        }
        let own = self.told(&call.namespace).await?.unwrap_or_default();
        if !service::may(&own["services"], namespace, name) {
            return Ok(None);
        }
        let other = self.told(namespace).await?;
        Ok(other.and_then(|other| other["namespace_id"].as_str().map(str::to_owned)))
    }

    async fn told(&self, namespace: &str) -> Result<Option<Value>, Refusal> {
        let question = json!({ "op": "namespace", "name": namespace });
        match storage::ask(&self.scope.env, "DIRECTORY", "directory", &question).await {
            Err(Refusal::Api { status: 404, .. }) => Ok(None),
            told => Ok(serde_json::from_str(&told?).ok()),
        }
    }

    /// Writes the bundle to R2, and the source maps that came with it; gives their keys.
    async fn store(&self, received: &Received, digest: &str, bytes: u64) -> Result<Vec<Value>, Refusal> {
        let (env, id, name) = (&self.scope.env, &self.namespace.id, &self.scope.call.script);
        let (bundle, map) = (bundle_key(id, name, digest), received.maps.as_str().map(|maps| map_key(id, name, maps)));
        let mut keys = vec![json!(bundle)];
        keys.extend(map.as_deref().map(Value::from));
        let mut sizes = Value::Null;
        sizes[["bundle/", digest].concat()] = bytes.into();
        let begun = self.ask("begin", vec![("objects", keys.clone().into()), ("bytes", sizes)]).await?;
        let missing = begun["missing"].as_array().map_or(&[][..], Vec::as_slice);
        // What is there already, as far as is known, is looked for: where the bucket has lost or damaged it, an upload puts it right.
        let is_known = |key: &str| !missing.iter().any(|missing| missing == key);
        received.kept.store("modules", env, &bundle, is_known(&bundle)).await?;
        if let Some(map) = map {
            received.kept.store("maps", env, &map, is_known(&map)).await?;
        }
        Ok(keys)
    }
}

/// Who made it, as Cloudflare names clients.
fn source(scope: &Scope) -> &'static str {
    let agent = scope.request.headers().get("user-agent").ok().flatten().unwrap_or_default();
    if agent.starts_with("wrangler/") { "wrangler" } else { "api" }
}

/// The metadata of content: all but the main module is as it is.
fn metadata_of(received: &Received, settings: &Value) -> Result<Value, Refusal> {
    if received.modules.is_empty() {
        return Err(Refusal::api(400, problem::VALIDATION, "There is no module in it: the content is to be replaced."));
    }
    let mut metadata = json!({ "keep_bindings": binding::TYPES, "keep_assets": true });
    for (from, names) in [
        (&received.metadata, &["main_module", "body_part"][..]),
        (settings, &["compatibility_date", "compatibility_flags", "limits"]),
    ] {
        for name in names {
            metadata[name] = from[name].clone();
        }
    }
    Ok(metadata)
}

/// The draft, or all that is wrong with the modules and with the metadata.
fn parse(received: &Received, metadata: &Value) -> Result<Value, Refusal> {
    let mut problems: Vec<Problem> = received.problems.clone();
    match metadata::parse(metadata, &received.modules) {
        Ok(mut draft) if problems.is_empty() => {
            draft["maps"] = received.maps.clone();
            return Ok(draft);
        }
        Ok(_) => {}
        Err(more) => problems.extend(more),
    }
    Err(Refusal::invalid(problems))
}
