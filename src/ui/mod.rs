//! The page at `/`: files that are built from this folder, and served as static assets.

#[cfg(target_arch = "wasm32")]
use {
    crate::{registry::Refusal, sys::ui::page},
    js_sys::{Reflect, futures::JsFuture},
    wasm_bindgen::JsValue,
    web_sys::Request,
    worker::Env,
    worker_loader::Error,
};

/// What all of its files are below, but for the page itself.
pub const FOLDER: &str = "/app/";

/// What the page may do: run what comes from here, and call this Worker. The editor's styles are made in place, in a shadow root,
/// which needs no exception.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page, or one of its files.
///
/// # Errors
/// [`Refusal::Misconfigured`] where there are no assets.
#[cfg(target_arch = "wasm32")]
pub async fn serve(request: Request, env: Env) -> Result<JsValue, Refusal> {
    let assets = Reflect::get(&env, &"ASSETS".into()).unwrap_or_default();
    if assets.is_undefined() {
        let why = "wrangler.toml needs `[assets]` with `directory = \"public\"` and `binding = \"ASSETS\"`.";
        return Err(Refusal::Misconfigured(why.to_owned()));
    }
    JsFuture::from(page(&request, &assets, POLICY)).await.map_err(|error| Error::from(error).into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_lists_every_endpoint() {
        let page = include_str!("../../public/index.html");
        let patterns = crate::pattern::table::PATTERNS.iter().map(|pattern| &pattern.endpoints[0]);
        for endpoint in crate::http::ENDPOINTS.iter().chain(patterns) {
            assert!(page.contains(&format!("</small>{}<", endpoint.path)), "{}", endpoint.path);
        }
    }
}
