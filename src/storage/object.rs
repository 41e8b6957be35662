//! Talking to a Durable Object: HTTP, in the runtime's own objects.
//!
//! Not the `worker` crate's Request and Response: their conversions would be a tenth of the whole WebAssembly.

use js_sys::{Promise, futures::JsFuture};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestInit, Response, ResponseInit};
use worker::{Env, SqlStorageValue, console_error};

use crate::registry::{Problem, Refusal};

/// Calls a Durable Object by its name, and gives the answer.
///
/// # Errors
/// [`Refusal::StorageUnavailable`] when it does not answer, or fails (5xx), [`Refusal::Misconfigured`] where there is no
/// such binding.
pub async fn call(env: &Env, binding: &str, name: &str, path: &str, init: &RequestInit) -> Result<Response, Refusal> {
    let missing = |error| {
        Refusal::Misconfigured(format!("The Durable Object binding {binding} is wrong in wrangler.toml: {error}."))
    };
    let namespace = env.durable_object(binding).map_err(missing)?;
    let answer: Result<Response, JsValue> = async {
        let stub: worker_loader::sys::Fetcher = namespace.get_by_name(name)?.into_rpc();
        // Its name is no part of the URL: it may be any text.
        let request = Request::new_with_str_and_init(&["https://object/", path].concat(), init)?;
        Ok(JsFuture::from(stub.fetch(&request)?).await?.unchecked_into())
    }
    .await;
    match answer {
        Ok(response) if response.status() < 500 => Ok(response),
        Ok(response) => Err(Refusal::StorageUnavailable(format!("{binding} answered {}", response.status()))),
        Err(error) => Err(unavailable(error)),
    }
}

/// Asks a Durable Object of ours for an operation, `{"op": ...}`; gives its result as the JSON text that it is. That of
/// an operation that lists by the page (`list_namespaces`, `scripts`, `versions`) is `{"result", "result_info"}`.
///
/// # Errors
/// [`Refusal::Api`] where the object refuses (4xx), [`Refusal::StorageUnavailable`] when it does not answer.
pub async fn ask(env: &Env, binding: &str, name: &str, operation: &Value) -> Result<String, Refusal> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&operation.to_string().into());
    answered(binding, call(env, binding, name, "", &init).await?).await
}

/// Reads an answer of an object of this binding, as [`ask`] does.
///
/// # Errors
/// As of [`ask`].
pub async fn answered(binding: &str, response: Response) -> Result<String, Refusal> {
    let status = response.status();
    let body = text(response.text()).await?;
    if status < 400 {
        return Ok(body);
    }
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    if let Some(why) = body["misconfigured"].as_str() {
        return Err(Refusal::Misconfigured(why.to_owned()));
    }
    let problems = Some(&body).and_then(|body| {
        let problems = body.get("errors")?.as_array()?.iter().filter_map(Problem::from_value).collect::<Vec<_>>();
        (!problems.is_empty()).then_some(problems)
    });
    Err(match problems {
        Some(problems) => Refusal::Api { status, problems },
        None => Refusal::StorageUnavailable(format!("{binding} answered {status} and gave no reason")),
    })
}

/// Reads what [`ask`] sent: the operation.
///
/// # Errors
/// When it did not arrive whole.
pub(super) async fn asked(request: worker::Request) -> Result<Value, Refusal> {
    let body = text(request.inner().text()).await?;
    serde_json::from_str(&body).map_err(|error| Refusal::StorageUnavailable(format!("no operation: {error}")))
}

/// The answer that [`ask`] reads: the result, or why there is none.
///
/// # Errors
/// When the runtime cannot make a Response.
pub(super) fn answer(result: Result<String, Refusal>) -> worker::Result<worker::Response> {
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err(Refusal::Api { status, problems }) => {
            let errors: Vec<_> = problems.iter().map(Problem::to_value).collect();
            (status, json!({ "errors": errors }).to_string())
        }
        // What only the operator can mend is told as that, and not as an object that does not answer.
        Err(Refusal::Misconfigured(why)) => (400, json!({ "misconfigured": why }).to_string()),
        Err(other) => {
            console_error!("A Durable Object failed: {}", why(&other));
            (500, String::new())
        }
    };
    let init = ResponseInit::new();
    init.set_status(status);
    Ok(Response::new_with_opt_str_and_init(Some(&body), &init)?.into())
}

/// Why something of storage failed, for the log.
pub(super) fn why(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::StorageUnavailable(why) | Refusal::Misconfigured(why) => why,
        Refusal::Api { problems, .. } => problems.first().map_or("", |problem| &problem.message),
        _ => "it gave no reason",
    }
}

/// A list, or of anything else an empty one.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A body as text.
///
/// # Errors
/// [`Refusal::StorageUnavailable`] when it breaks off.
pub(super) async fn text(body: Result<Promise, JsValue>) -> Result<String, Refusal> {
    let text = async { JsFuture::from(body?).await };
    text.await.map(|text| text.as_string().unwrap_or_default()).map_err(unavailable)
}

/// A number of a row. JavaScript has one kind of number: a whole one comes back as an integer, whatever the column is.
///
/// # Errors
/// When it is none.
pub(super) fn number(value: &SqlStorageValue) -> worker::Result<f64> {
    match value {
        SqlStorageValue::Integer(number) => Ok(*number as f64),
        SqlStorageValue::Float(number) => Ok(*number),
        _ => Err("a stored value is no number".into()),
    }
}

pub(super) fn unavailable(error: JsValue) -> Refusal {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    Refusal::StorageUnavailable(message.unwrap_or_else(|| "it gave no reason".to_owned()))
}
