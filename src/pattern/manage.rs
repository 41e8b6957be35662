//! Making, telling, changing and deleting the scripts of patterns: calls of the control API, in the caller's name.

use std::pin::Pin;

use js_sys::futures::JsFuture;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker_loader::Error;

use super::{
    table::{Pattern, Task, Upload, find},
    test, tunnel,
};
use crate::{
    api::{self, Caller, auth},
    dispatch::{Target, Trip},
    registry::{Refusal, problem},
    reply, sys,
};

/// The namespaces of the control API. Nothing goes out for it: the host is never asked.
const NAMESPACES: &str = "https://host/client/v4/accounts/patterns/workers/dispatch/namespaces";

/// Serves a request to a pattern: what manages it here, what is for the worker there.
///
/// # Errors
/// As [`Trip::serve`].
pub fn serve(trip: Trip, target: &Target<'_>) -> Result<JsValue, Refusal> {
    let Some(pattern) = find(target.namespace).filter(|_| target.version.is_none()) else {
        return trip.serve(target);
    };
    let shows_token = || auth::shows_any(&trip.request, &trip.env);
    let Some(task) = pattern.task(&trip.request.method(), target.path(), shows_token) else {
        return match pattern.namespace {
            "test" => test::serve(trip, target),
            "tunnel" => tunnel::serve(trip, target),
            _ => trip.serve(target),
        };
    };
    let (script, address) = (target.script.to_owned(), target.address());
    Ok(reply::later(async move {
        let caller = auth::caller(&trip.request, &trip.env).await?;
        let managed = Managed { pattern, script, address, trip, caller };
        let (status, answer) = match task {
            Task::Put => managed.put().await?,
            Task::Get => (200, managed.get().await?),
            Task::Delete => (200, managed.delete().await?),
            Task::Result => (200, managed.result().await?),
            Task::Rollback => (200, managed.rollback().await?),
        };
        Ok(reply::json(status, &answer.to_string())?.into())
    }))
}

/// What the control API answers, of its envelope the result.
type Answering = Pin<Box<dyn Future<Output = Result<Value, Refusal>>>>;

/// A script of a pattern, and who manages it.
struct Managed {
    pattern: &'static Pattern,
    script: String,
    /// Where its worker is.
    address: String,
    trip: Trip,
    caller: Caller,
}

impl Managed {
    async fn put(&self) -> Result<(u16, Value), Refusal> {
        let text = api::text(&self.trip.request).await?;
        let document = serde_json::from_str(&text)
            .map_err(|error| Refusal::InvalidDocument(vec![format!("the body is not JSON: {error}")]))?;
        let uploads = (self.pattern.make)(&self.script, &document).map_err(Refusal::InvalidDocument)?;
        let namespace = [NAMESPACES, "/", self.pattern.namespace].concat();
        if is_missing(&self.call("GET", &namespace, None).await) {
            // Another request may have been quicker.
            let made = self.call("POST", NAMESPACES, Some(json!({ "name": self.pattern.namespace }))).await;
            if !matches!(made, Err(Refusal::Api { status: 409, .. })) {
                made?;
            }
        }
        let is_new = is_missing(&self.ask("GET", "", None).await);
        let mut versions = Vec::new();
        for (at, upload) in uploads.iter().enumerate() {
            // The one that a script begins with is live at once, and so is one that is alone.
            let is_live = uploads.len() == 1 || (at == 0 && is_new);
            let (method, rest, id) = if is_live { ("PUT", "", "deployment_id") } else { ("POST", "/versions", "id") };
            let made = self.upload(method, rest, upload).await?;
            versions.push(json!({ "version_id": made[id], "percentage": upload.percentage }));
        }
        if versions.len() > 1 {
            self.deploy(versions.clone().into(), "").await?;
        }
        let mut answer = self.told();
        answer["versions"] = versions.into();
        Ok((if is_new { 201 } else { 200 }, answer))
    }

    async fn get(&self) -> Result<Value, Refusal> {
        let live = self.deployments().await?[0]["versions"].take();
        let id = live[0]["version_id"].as_str().unwrap_or_default();
        let version = self.ask("GET", &["/versions/", id].concat(), None).await?;
        let bindings = version["resources"]["bindings"].as_array().map_or(&[][..], Vec::as_slice);
        let document = bindings.iter().find(|binding| binding["name"] == self.pattern.document);
        let mut answer = self.told();
        answer["document"] = document.map_or(Value::Null, |binding| binding["json"].clone());
        answer["versions"] = live;
        Ok(answer)
    }

    async fn delete(&self) -> Result<Value, Refusal> {
        self.ask("DELETE", "?force=true", None).await?;
        if self.pattern.namespace == test::PATTERN.namespace {
            JsFuture::from(sys::pattern::forget_test(&self.trip.env, &self.script)).await.map_err(unavailable)?;
        }
        Ok(json!({ "id": self.script, "deleted": true }))
    }

    async fn result(&self) -> Result<Value, Refusal> {
        let asked = test::asked(&self.script, &self.get().await?["document"]);
        let told = JsFuture::from(sys::pattern::result_of(&self.trip.env, &asked.to_string())).await;
        let told = told.map_err(unavailable)?.as_string().unwrap_or_default();
        serde_json::from_str(&told).map_err(|error| Refusal::StorageUnavailable(error.to_string()))
    }

    /// To the last deployment of older versions only: called again it goes back further, and not to where it came from.
    async fn rollback(&self) -> Result<Value, Refusal> {
        let numbers = self.ask("GET", "/versions?deployable=true", None).await?;
        let number = |id: &Value| {
            let items = numbers["items"].as_array().map_or(&[][..], Vec::as_slice);
            items.iter().find(|item| item["id"] == *id).and_then(|item| item["number"].as_u64())
        };
        // Of the versions that a deployment has; `None` where one of them is not there any more.
        let all = |deployment: &Value| {
            let versions = deployment["versions"].as_array().map_or(&[][..], Vec::as_slice);
            versions.iter().map(|version| number(&version["version_id"])).collect::<Option<Vec<_>>>()
        };
        let mut deployments = self.deployments().await?;
        let oldest = all(&deployments[0]).unwrap_or_default().into_iter().min().unwrap_or_default();
        let before = deployments.as_array_mut().and_then(|deployments| {
            deployments.iter_mut().find(|one| all(one).is_some_and(|numbers| numbers.iter().all(|n| *n < oldest)))
        });
        let Some(before) = before else {
            let message = format!("There is nothing before what is live of {:?}.", self.script);
            return Err(Refusal::api(409, problem::INVALID_DEPLOYMENT, message));
        };
        let versions = before["versions"].take();
        self.deploy(versions, "Rolled back").await?;
        self.get().await
    }

    fn told(&self) -> Value {
        json!({ "id": self.script, "url": self.address })
    }

    async fn deployments(&self) -> Result<Value, Refusal> {
        Ok(self.ask("GET", "/deployments", None).await?["deployments"].take())
    }

    fn deploy(&self, versions: Value, message: &str) -> Answering {
        let body = json!({
            "strategy": "percentage", "versions": versions, "annotations": { "workers/message": message },
        });
        self.ask("POST", "/deployments?force=true", Some(body))
    }

    fn upload(&self, method: &str, rest: &str, upload: &Upload) -> Answering {
        let mut modules = Vec::new();
        for (name, source) in &upload.modules {
            modules.extend([(*name).to_owned(), source.to_string()]);
        }
        let request = sys::pattern::upload(method, &self.path(rest), &upload.metadata.to_string(), modules);
        self.answered(request)
    }

    /// Asks something of the script.
    fn ask(&self, method: &str, rest: &str, body: Option<Value>) -> Answering {
        self.call(method, &self.path(rest), body)
    }

    fn call(&self, method: &str, url: &str, body: Option<Value>) -> Answering {
        self.answered(sys::pattern::call(method, url, body.map(|body| body.to_string())))
    }

    /// Boxed, as each place that waits for it would otherwise have a copy of all that it may be waiting for.
    fn answered(&self, request: Result<Request, JsValue>) -> Answering {
        let (caller, env) = (self.caller.clone(), self.trip.env.clone());
        Box::pin(async move {
            let response = api::call(caller, env, request.map_err(Error::from)?).await?;
            let text = JsFuture::from(response.text().map_err(Error::from)?).await.map_err(Error::from)?;
            let mut answer: Value = serde_json::from_str(&text.as_string().unwrap_or_default()).unwrap_or_default();
            Ok(answer["result"].take())
        })
    }

    fn path(&self, rest: &str) -> String {
        [NAMESPACES, "/", self.pattern.namespace, "/scripts/", &self.script, rest].concat()
    }
}

fn unavailable(thrown: JsValue) -> Refusal {
    Refusal::StorageUnavailable(Error::from(thrown).to_string())
}

fn is_missing(answer: &Result<Value, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Api { status: 404, .. }))
}
