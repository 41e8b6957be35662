//! Modules that are kept elsewhere.

use std::{fmt, future::Future, pin::Pin, rc::Rc};

use crate::{Handle, Result};

type Reading = Pin<Box<dyn Future<Output = Result<Handle>>>>;

/// Modules that are kept elsewhere (in R2, say) under a digest, and read on a cold start only.
///
/// A code with a bundle has its key without its modules: on a warm hit nothing of them is read, and on a cold start
/// they go from where they are kept to the runtime without a copy in this Worker's memory, as the JavaScript object
/// that the loader takes: `{ "index.js": { js: "..." }, "logo.png": { data: ArrayBuffer } }`.
///
/// ```
/// use worker_loader::{Bundle, Handle, WorkerCode};
///
/// # fn example(read: impl Fn() -> std::future::Ready<worker_loader::Result<Handle>> + 'static) -> worker_loader::Result<()> {
/// let code = WorkerCode::builder("2026-07-01", "index.js")
///     .bundle(Bundle::new("5c2a...", read))      // the digest of all names, kinds and contents
///     .env("NAME", "Ada")
///     .build()?;
/// let key = code.key("acme");                    // without reading a module
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Bundle {
    pub(crate) digest: String,
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "called where there is JavaScript"))]
    pub(crate) read: Rc<dyn Fn() -> Reading>,
}

impl Bundle {
    /// Modules under their digest, and how to read them: any number of times, each time all of them.
    ///
    /// The digest is what the key covers in their place: text that changes with every name, kind and content, and
    /// must not be empty. What is read is not compared with it.
    ///
    /// A `read` that fails with [`ErrorKind::Factory`](crate::ErrorKind::Factory) fails as a factory of
    /// `WorkerLoader::get` does: the next call asks anew.
    pub fn new<F, R>(digest: impl Into<String>, read: F) -> Self
    where
        F: Fn() -> R + 'static,
        R: Future<Output = Result<Handle>> + 'static,
    {
        Self { digest: digest.into(), read: Rc::new(move || Box::pin(read())) }
    }

    /// What stands for the modules in a key.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({})", self.digest)
    }
}
