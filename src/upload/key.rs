//! Where in the R2 bucket a version's files are. All that belongs to a script is below one prefix.

/// The key of a bundle, by the digest of its manifest.
pub fn bundle_key(namespace_id: &str, script: &str, digest: &str) -> String {
    [namespace_id, "/", script, "/bundle/", digest].concat()
}

/// The key of the source maps that came with a bundle.
pub fn map_key(namespace_id: &str, script: &str, digest: &str) -> String {
    [namespace_id, "/", script, "/map/", digest].concat()
}
