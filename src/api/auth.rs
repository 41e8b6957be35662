//! Who may change something: whoever has the API token, or one of the tokens that were made with it.

use sha2::{Digest, Sha256};

use crate::registry::Refusal;

/// What a token of ours begins with; 40 letters and digits follow.
const PREFIX: &str = "dlt_";

/// What an `Authorization` header shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The operator's token.
    Owner,
    /// A token that may be one of ours: its SHA-256 in hex.
    Token(String),
    /// Nothing that opens anything.
    Nothing,
}

/// Compares the `Authorization` header with the operator's tokens, in a time that tells nothing about either.
///
/// # Errors
/// [`Refusal::TokenNotSet`] where the operator has none: then nothing opens, whatever else was made.
pub fn show(token: Option<&str>, previous: Option<&str>, authorization: Option<&str>) -> Result<Shown, Refusal> {
    let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::TokenNotSet)?;
    // What was not set is compared, too: with the one that is.
    let previous = previous.filter(|previous| !previous.is_empty()).unwrap_or(token);
    let (scheme, given) = authorization.and_then(|header| header.split_once(' ')).unwrap_or_default();
    let given = given.trim();
    let digest = Sha256::digest(given);
    let owner = same(&digest, token) | same(&digest, previous);
    Ok(if !scheme.eq_ignore_ascii_case("bearer") {
        Shown::Nothing
    } else if owner {
        Shown::Owner
    } else if is_ours(given) {
        Shown::Token(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    } else {
        Shown::Nothing
    })
}

/// Digests are of one length, and a difference in them says nothing of where the tokens differ; all bytes are looked
/// at whatever the first one says.
fn same(digest: &[u8], token: &str) -> bool {
    let token = Sha256::digest(token);
    std::hint::black_box(digest.iter().zip(token.iter()).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}

/// Whether it has the form of a token that we make. Anything else is not worth a question.
fn is_ours(given: &str) -> bool {
    given.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 40 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// What the failures of a client are counted under: one of 4096 names, so that no number of addresses makes more
/// objects. A right token is never counted; who shares one with somebody else waits only with a token that is new to the
/// isolate. Of an IPv6 address the network counts, as a client has all of that.
pub fn counter(address: &str) -> String {
    let network = if address.contains(':') { network(address) } else { address.to_owned() };
    let digest = Sha256::digest(network);
    format!("authentication/{:02x}{:x}", digest[0], digest[1] >> 4)
}

/// The first half of an IPv6 address; `::` stands for as many zeros as are missing.
fn network(address: &str) -> String {
    let (head, tail) = address.split_once("::").unwrap_or((address, ""));
    let mut groups: Vec<_> = head.split(':').filter(|group| !group.is_empty()).collect();
    let tail: Vec<_> = tail.split(':').filter(|group| !group.is_empty()).collect();
    groups.resize(8_usize.saturating_sub(tail.len()).max(groups.len()), "0");
    groups.extend(tail);
    groups.truncate(4);
    groups.join(":")
}

#[cfg(target_arch = "wasm32")]
pub use asking::{caller, counted, owner, shows_any};

#[cfg(target_arch = "wasm32")]
mod asking {
    use std::cell::RefCell;

    use serde_json::{Value, json};
    use web_sys::Request;
    use worker::Env;

    use super::{Shown, counter, show};
    use crate::{api::Caller, registry::Refusal, settings, storage};

    /// So many failures at once, and then so many a minute.
    const FAILURES_PER_MINUTE: u32 = 30;

    /// So many tokens are remembered.
    const REMEMBERED: usize = 64;

    thread_local! {
        /// The digests of tokens that were right when they were last seen here.
        static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    /// The holder of the operator's token, or of one that was made with it. One that is not known here is looked up only
    /// for a network that may still guess; one that is, always, as it may have been taken back.
    ///
    /// # Errors
    /// [`Refusal::TokenNotSet`], [`Refusal::Unauthorized`]; after too many of the latter [`Refusal::RateLimited`].
    pub async fn caller(request: &Request, env: &Env) -> Result<Caller, Refusal> {
        match shown(request, env)? {
            Shown::Owner => return Ok(Caller::owner()),
            Shown::Token(hash) => {
                let seen = SEEN.with_borrow(|seen| seen.contains(&hash));
                if !seen
                    && let Err(limited @ Refusal::RateLimited { .. }) =
                        storage::look(env, &counter(&address(request)), FAILURES_PER_MINUTE).await
                {
                    return Err(limited);
                }
                let operation = json!({ "op": "authenticate", "hash": hash });
                match storage::ask(env, "DIRECTORY", "directory", &operation).await {
                    Ok(token) => {
                        if !seen {
                            SEEN.with_borrow_mut(|seen| {
                                if seen.len() == REMEMBERED {
                                    seen.remove(0);
                                }
                                seen.push(hash);
                            });
                        }
                        let token: Value = serde_json::from_str(&token).unwrap_or_default();
                        let broken = || Refusal::StorageUnavailable("DIRECTORY gave no token".to_owned());
                        return Caller::from_value(&token).ok_or_else(broken);
                    }
                    Err(Refusal::Api { .. }) => SEEN.with_borrow_mut(|seen| seen.retain(|one| *one != hash)),
                    Err(other) => return Err(other),
                }
            }
            Shown::Nothing => (),
        }
        Err(counted(Refusal::Unauthorized, request, env).await)
    }

    /// Whether a request shows what may be a token of ours: then it is for us.
    pub fn shows_any(request: &Request, env: &Env) -> bool {
        !matches!(shown(request, env), Err(_) | Ok(Shown::Nothing))
    }

    /// Lets the holder of the operator's token pass, and nobody else.
    ///
    /// # Errors
    /// As [`caller`].
    pub async fn owner(request: &Request, env: &Env) -> Result<(), Refusal> {
        match shown(request, env)? {
            Shown::Owner => Ok(()),
            _ => Err(counted(Refusal::Unauthorized, request, env).await),
        }
    }

    fn address(request: &Request) -> String {
        request.headers().get("cf-connecting-ip").ok().flatten().unwrap_or_default()
    }

    fn shown(request: &Request, env: &Env) -> Result<Shown, Refusal> {
        let authorization = request.headers().get("authorization").ok().flatten();
        let (token, previous) = (settings::text(env, "API_TOKEN"), settings::text(env, "API_TOKEN_PREVIOUS"));
        show(token.as_deref(), previous.as_deref(), authorization.as_deref())
    }

    /// Counts a failure of authentication, and gives it back, or how long to wait after too many. Where it cannot be
    /// counted, it is a failure all the same. Other refusals are none.
    pub async fn counted(refusal: Refusal, request: &Request, env: &Env) -> Refusal {
        if !matches!(refusal, Refusal::Unauthorized | Refusal::Api { status: 401, .. }) {
            return refusal;
        }
        match storage::admit(env, &counter(&address(request)), FAILURES_PER_MINUTE).await {
            Err(limited @ Refusal::RateLimited { .. }) => limited,
            _ => refusal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "dlt_0123456789abcdefghijABCDEFGHIJ0123456789";

    fn ask(authorization: &str) -> Shown {
        show(Some("s3cret"), Some("0ld"), Some(authorization)).unwrap()
    }

    #[test]
    fn the_operators_tokens_open() {
        for right in ["Bearer s3cret", "bearer  s3cret ", "Bearer 0ld"] {
            assert_eq!(ask(right), Shown::Owner, "{right}");
        }
        for wrong in ["", "s3cret", "Basic s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2"] {
            assert_eq!(ask(wrong), Shown::Nothing, "{wrong}");
        }
        assert_eq!(show(Some("s3cret"), None, None).unwrap(), Shown::Nothing);
    }

    #[test]
    fn a_previous_token_that_is_not_set_opens_nothing() {
        for previous in [None, Some("")] {
            assert_eq!(show(Some("s3cret"), previous, Some("Bearer 0ld")).unwrap(), Shown::Nothing);
            assert_eq!(show(Some("s3cret"), previous, Some("Bearer ")).unwrap(), Shown::Nothing);
        }
    }

    #[test]
    fn without_the_operators_token_nothing_opens() {
        for unset in [None, Some("")] {
            for given in ["Bearer ", "Bearer 0ld", &format!("Bearer {OURS}")] {
                assert!(
                    matches!(show(unset, Some("0ld"), Some(given)), Err(Refusal::TokenNotSet)),
                    "{unset:?} {given}"
                );
            }
        }
    }

    #[test]
    fn a_token_of_ours_is_known_by_its_hash_only() {
        let Shown::Token(hash) = ask(&format!("Bearer {OURS}")) else { panic!("{OURS}") };
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains("dlt_"));
        for other in [&OURS[1..], &OURS[..43], &format!("{OURS}x"), &OURS.replace('j', "-")] {
            assert_eq!(ask(&format!("Bearer {other}")), Shown::Nothing, "{other}");
        }
    }

    #[test]
    fn failures_are_counted_by_the_clients_network() {
        assert_eq!(counter("2001:db8:1:2:3:4:5:6"), counter("2001:db8:1:2::9"));
        assert_eq!(network("2001:db8::1"), "2001:db8:0:0");
        assert_eq!(network("::1"), "0:0:0:0");
        assert_eq!(network("1::6:7:8"), "1:0:0:0");
        assert_eq!(network("1:2:3::5:6:7:8"), "1:2:3:0");
        assert_eq!(network("1:2:3:4:5:6:7::8:9"), "1:2:3:4", "which is no address");
        assert_ne!(counter("2001:db8:1:2::9"), counter("2001:db8:1:3::9"));
        assert_ne!(counter("192.0.2.1"), counter("192.0.2.2"));
        assert_eq!(counter("192.0.2.1").len(), "authentication/abc".len());
    }
}
