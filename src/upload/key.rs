//! Where in the R2 bucket a version's files are. All that belongs to a script is below one prefix.

/// A bundle as a script of it is loaded.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its key.
    pub key: String,
    /// The module that the script begins with.
    pub main_module: String,
    /// What it is given by `given.js`, as JSON.
    pub given: String,
}

/// The key of a bundle, by the digest of its manifest.
pub fn bundle_key(namespace_id: &str, script: &str, digest: &str) -> String {
    [namespace_id, "/", script, "/bundle/", digest].concat()
}

/// The key of source maps, by their own digest; of versions of older hosts, by that of the bundle that they came with.
pub fn map_key(namespace_id: &str, script: &str, digest: &str) -> String {
    [namespace_id, "/", script, "/map/", digest].concat()
}
