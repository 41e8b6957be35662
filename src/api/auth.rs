//! Who may change something: whoever has the API token.

use sha2::{Digest, Sha256};

use crate::registry::Refusal;

/// Compares the `Authorization` header with the operator's token, in a time that tells nothing about either.
///
/// # Errors
/// [`Refusal::TokenNotSet`] where there is no token, [`Refusal::Unauthorized`] where it is not this one.
pub fn authorize(token: Option<&str>, authorization: Option<&str>) -> Result<(), Refusal> {
    let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::TokenNotSet)?;
    let (scheme, given) = authorization.and_then(|header| header.split_once(' ')).ok_or(Refusal::Unauthorized)?;
    if scheme.eq_ignore_ascii_case("bearer") && same(token, given.trim()) { Ok(()) } else { Err(Refusal::Unauthorized) }
}

/// Digests are of one length, and a difference in them says nothing of where the tokens differ; all bytes are looked
/// at whatever the first one says.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    std::hint::black_box(a.iter().zip(b.iter()).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens() {
        assert!(authorize(Some("s3cret"), Some("Bearer s3cret")).is_ok());
        assert!(authorize(Some("s3cret"), Some("bearer  s3cret ")).is_ok());
        for wrong in [
            None,
            Some(""),
            Some("s3cret"),
            Some("Basic s3cret"),
            Some("Bearer"),
            Some("Bearer s3cre"),
            Some("Bearer s3cret2"),
        ] {
            assert!(matches!(authorize(Some("s3cret"), wrong), Err(Refusal::Unauthorized)), "{wrong:?}");
        }
        for unset in [None, Some("")] {
            assert!(matches!(authorize(unset, Some("Bearer ")), Err(Refusal::TokenNotSet)), "{unset:?}");
        }
    }
}
