//! What would become of a request to a script.

use web_sys::Response;

use super::Scope;
use crate::{
    dispatch,
    registry::Refusal,
    reply::{self, envelope},
};

/// `GET scripts/NAME/explain?url=...`: of one with this call's headers and from this call's client.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is no such script, or 400 where the URL is another's.
pub(super) async fn get(scope: &Scope) -> Result<Response, Refusal> {
    let mut query = scope.query();
    let url = query.text("url");
    if !query.problems.is_empty() {
        return Err(Refusal::Api { status: 400, problems: query.problems });
    }
    let call = &scope.call;
    let told = dispatch::explained(&scope.env, &scope.request, &call.namespace, &call.script, url.as_deref()).await?;
    Ok(reply::json(200, &envelope::success(&told.to_string()))?)
}
