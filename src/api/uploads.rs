//! Uploads: a script, a version that is not live yet, or the content of a script alone.

use serde_json::{Value, json};
use web_sys::Response;

use super::{Found, Scope, assets, recheck};
use crate::{
    registry::{Problem, Refusal, metadata, problem},
    reply::{self, envelope},
    storage,
    upload::{self, Kept, Received, bundle_key, map_key},
};

/// All types of bindings: for an upload that brings none.
const ALL_BINDINGS: [&str; 5] = ["plain_text", "secret_text", "json", "assets", "version_metadata"];

/// `PUT scripts/NAME`: a version, which is live at once.
///
/// # Errors
/// All that is wrong with it; nothing is changed then, as with all of these.
pub(super) async fn put_script(scope: &Scope) -> Result<Response, Refusal> {
    let upload = Upload::begin(scope).await?;
    upload.ask_namespace("admit").await?;
    let received = upload::receive(&scope.request, &scope.env).await?;
    let (stored, startup_time_ms) = upload.store(&received, &received.metadata, true).await?;
    let mut script = stored["script"]["script"].clone();
    script["startup_time_ms"] = startup_time_ms;
    script["entry_point"] = received.metadata["main_module"].clone();
    answer(&script)
}

/// `POST scripts/NAME/versions`: a version of a script that is there, live when it is deployed.
///
/// # Errors
/// As [`put_script`].
pub(super) async fn post_version(scope: &Scope) -> Result<Response, Refusal> {
    let upload = Upload::begin(scope).await?;
    upload.ask_script(json!({ "op": "tags" })).await?;
    let received = upload::receive(&scope.request, &scope.env).await?;
    let (mut stored, startup_time_ms) = upload.store(&received, &received.metadata, false).await?;
    let mut version = stored["version"].take();
    version["startup_time_ms"] = startup_time_ms;
    answer(&version)
}

/// `PUT scripts/NAME/content`: other modules, and all else as it is.
///
/// # Errors
/// As [`put_script`].
pub(super) async fn put_content(scope: &Scope) -> Result<Response, Refusal> {
    let upload = Upload::begin(scope).await?;
    let settings = upload.ask_script(json!({ "op": "settings" })).await?;
    let received = upload::receive(&scope.request, &scope.env).await?;
    if received.modules.is_empty() {
        return Err(Refusal::api(400, problem::VALIDATION, "There is no module in it: the content is to be replaced."));
    }
    let metadata = json!({
        "main_module": received.metadata["main_module"],
        "body_part": received.metadata["body_part"],
        "compatibility_date": settings["compatibility_date"],
        "compatibility_flags": settings["compatibility_flags"],
        "limits": settings["limits"],
        "keep_bindings": ALL_BINDINGS,
        "keep_assets": true,
    });
    let (stored, _) = upload.store(&received, &metadata, true).await?;
    answer(&stored["script"])
}

/// Tries the version that an operation of a script's object would make. For any other operation there is nothing to do.
///
/// # Errors
/// As [`put_script`].
pub(super) async fn recheck(scope: &Scope, namespace: &Found, operation: &Value) -> Result<(), Refusal> {
    let upload = Upload { scope, namespace: namespace.clone() };
    let bindings = match recheck::is_of_secrets(operation) {
        true => upload.ask_script(json!({ "op": "bindings" })).await?,
        false => Value::Null,
    };
    let Some(patch) = recheck::patch_of(operation, &bindings) else { return Ok(()) };
    let version = upload.ask_script(json!({ "op": "resolve", "patch": patch })).await?;
    let Some(digest) = version["bundle"].as_str() else { return Ok(()) };
    let kept = Kept::read(&scope.env, &namespace.id, &scope.call.script, digest).await?;
    kept.check(&scope.env, &version).await.map(drop)
}

fn answer(result: &Value) -> Result<Response, Refusal> {
    Ok(reply::json(200, &envelope::success(&result.to_string()))?)
}

/// Where an upload goes.
struct Upload<'a> {
    scope: &'a Scope,
    namespace: Found,
}

impl<'a> Upload<'a> {
    async fn begin(scope: &'a Scope) -> Result<Self, Refusal> {
        Ok(Self { scope, namespace: scope.namespace().await? })
    }

    /// From what was received to a version: parsed, resolved, tried, written to R2 and then, in one transaction, there.
    /// Gives what the script's object answers, and how long the script took to load.
    async fn store(&self, received: &Received, metadata: &Value, deploy: bool) -> Result<(Value, Value), Refusal> {
        let env = &self.scope.env;
        let mut draft = parse(received, metadata)?;
        draft["source"] = self.source().into();
        let mut startup_time_ms = json!(0);
        let version = self.ask_script(json!({ "op": "resolve", "draft": draft })).await?;
        let bundle = draft["bundle"].as_str().map(str::to_owned);
        if bundle.is_some() {
            let checked = received.kept.check(env, &version).await?;
            draft["handlers"] = checked.handlers;
            draft["named_handlers"] = checked.named_handlers;
            startup_time_ms = checked.startup_time_ms;
        }
        let (namespace, script) = (self.namespace.id.as_str(), self.scope.call.script.as_str());
        let mut objects = Vec::new();
        if draft["assets"].is_object() {
            draft["assets"] = assets::complete(env, namespace, script, &draft["assets"], bundle.is_some()).await?;
            objects.push(draft["assets"]["manifest"].clone());
        }
        if let Some(digest) = bundle {
            let (bundle, map) = (bundle_key(namespace, script, &digest), map_key(namespace, script, &digest));
            let mut keys = vec![json!(bundle)];
            keys.extend(received.maps.then(|| json!(map)));
            let begun = self.ask_script(json!({ "op": "begin", "objects": keys })).await?;
            let missing =
                |key: &str| begun["missing"].as_array().is_some_and(|missing| missing.iter().any(|one| one == key));
            if missing(&bundle) {
                received.kept.store_bundle(env, &bundle).await?;
            }
            if received.maps && missing(&map) {
                received.kept.store_maps(env, &map).await?;
            }
            objects.append(&mut keys);
        }
        let operation = json!({ "op": "upload", "draft": draft, "deploy": deploy, "objects": objects });
        Ok((self.ask_script(operation).await?, startup_time_ms))
    }

    /// Who made it, as Cloudflare names clients.
    fn source(&self) -> &'static str {
        let agent = self.scope.request.headers().get("user-agent").ok().flatten().unwrap_or_default();
        if agent.starts_with("wrangler/") { "wrangler" } else { "api" }
    }

    async fn ask_namespace(&self, op: &str) -> Result<String, Refusal> {
        let operation = json!({ "op": op, "namespace": self.scope.call.namespace, "script": self.scope.call.script });
        storage::ask(&self.scope.env, "NAMESPACES", &self.namespace.id, &operation).await
    }

    async fn ask_script(&self, mut operation: Value) -> Result<Value, Refusal> {
        let object = [&self.namespace.id, "/", &self.scope.call.script].concat();
        operation["namespace"] = self.scope.call.namespace.as_str().into();
        operation["trusted_workers"] = self.namespace.trusted.into();
        let answer = storage::ask(&self.scope.env, "SCRIPTS", &object, &operation).await?;
        serde_json::from_str(&answer).map_err(|error| Refusal::StorageUnavailable(error.to_string()))
    }
}

/// The draft, or all that is wrong with the modules and with the metadata.
fn parse(received: &Received, metadata: &Value) -> Result<Value, Refusal> {
    let mut problems: Vec<Problem> = received.problems.clone();
    match metadata::parse(metadata, &received.modules) {
        Ok(mut draft) if problems.is_empty() => {
            draft["maps"] = received.maps.into();
            return Ok(draft);
        }
        Ok(_) => {}
        Err(more) => problems.extend(more),
    }
    Err(Refusal::invalid(problems))
}
