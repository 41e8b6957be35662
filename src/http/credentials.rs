//! What a dynamic worker is not shown of a request.

use web_sys::{Headers, Request, RequestInit};
use worker_loader::Error;

/// Headers that speak for the client to *us*: our API token, the page's cookies, Cloudflare Access.
const OURS: [&str; 6] = [
    "authorization",
    "cookie",
    "cf-access-jwt-assertion",
    "cf-access-authenticated-user-email",
    "cf-access-client-id",
    "cf-access-client-secret",
];

/// The request without them: the very same object where there are none.
///
/// # Errors
/// When the runtime cannot make a Request of it.
pub fn without_credentials(request: Request) -> Result<Request, Error> {
    let headers = request.headers();
    let carried: Vec<&str> = OURS.into_iter().filter(|name| headers.has(name).unwrap_or(true)).collect();
    if carried.is_empty() {
        return Ok(request);
    }
    let headers = Headers::new_with_headers(&headers)?;
    for name in carried {
        headers.delete(name)?;
    }
    let init = RequestInit::new();
    init.set_headers(&headers);
    Ok(Request::new_with_request_and_init(&request, &init)?)
}
