//! The page at `/`.

/// The page: one file, which asks for nothing else.
pub const HOME: &str = include_str!("home.html");

/// What the page may do: run the one script and the one style that are in it, and call this Worker. The digests are
/// of the text between the tags; the test below says the new ones when the page changes.
pub const POLICY: &str = "default-src 'none'; script-src 'sha256-bNW6EJzIzcJ0E2D/WJqJdtAE9zLftad7Z7gK8gZOlwE='; \
     style-src 'sha256-ycmIewRttmySwYtKBizBrzn8018NZZROD6jg4EJkvS0='; img-src data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_names_the_script_and_the_style_that_are_there() {
        for (directive, tag) in [("script-src", "script"), ("style-src", "style")] {
            let (_, rest) = HOME.split_once(&format!("<{tag}>")).unwrap();
            let (text, rest) = rest.split_once(&format!("</{tag}>")).unwrap();
            assert!(!rest.contains(&format!("<{tag}>")), "one {tag} only");
            let wanted = format!("{directive} 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
            assert!(POLICY.contains(&wanted), "the policy needs {wanted}");
        }
    }

    #[test]
    fn the_page_lists_every_endpoint() {
        let patterns = crate::pattern::table::PATTERNS.iter().map(|pattern| &pattern.endpoints[0]);
        for endpoint in crate::http::ENDPOINTS.iter().chain(patterns) {
            assert!(HOME.contains(&format!("</small>{}<", endpoint.path)), "{}", endpoint.path);
        }
    }
}
