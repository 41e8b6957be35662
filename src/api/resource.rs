//! The paths of the control API, and what each method of them asks for.

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is named in `RESOURCES`, beside its method and path.
pub enum Action {
    User,
    VerifyToken,
    Memberships,
    Accounts,
    Account,
    ListTokens,
    CreateToken,
    DeleteToken,
    RollToken,
    ListNamespaces,
    CreateNamespace,
    Namespace,
    RenameNamespace,
    PatchNamespace,
    DeleteNamespace,
    Quota,
    PatchQuota,
    ListScripts,
    DeleteScripts,
    Script,
    PutScript,
    DeleteScript,
    Content,
    PutContent,
    Settings,
    PatchSettings,
    Bindings,
    ListSecrets,
    PutSecret,
    PatchSecrets,
    Secret,
    DeleteSecret,
    Tags,
    PutTags,
    PutTag,
    DeleteTag,
    ListVersions,
    PostVersion,
    Version,
    ListDeployments,
    Deploy,
    Deployment,
    DeleteDeployment,
    Explain,
    AssetsSession,
    UploadAssets,
    OrdinaryWorker,
}

use Action::*;

/// A path and its methods.
#[derive(Debug)]
pub struct Resource {
    /// The path after `/client/v4/`. A part that begins with `:` is any name; `*` is any rest.
    pub path: &'static str,
    /// The methods, as the header `Allow` tells them.
    pub allow: &'static str,
    /// What each method asks for. `*` is any.
    pub actions: &'static [(&'static str, Action)],
}

const fn at(path: &'static str, allow: &'static str, actions: &'static [(&'static str, Action)]) -> Resource {
    Resource { path, allow, actions }
}

macro_rules! account {
    ($rest:literal) => {
        concat!("accounts/:account/", $rest)
    };
}
macro_rules! namespace {
    ($rest:literal) => {
        concat!("accounts/:account/workers/dispatch/namespaces/:namespace", $rest)
    };
}
macro_rules! script {
    ($rest:literal) => {
        concat!("accounts/:account/workers/dispatch/namespaces/:namespace/scripts/:script", $rest)
    };
}

/// All there is. The first that a path is of counts.
pub const RESOURCES: [Resource; 33] = [
    at("user", "GET, HEAD", &[("GET", User)]),
    at("user/tokens/verify", "GET, HEAD", &[("GET", VerifyToken)]),
    at("memberships", "GET, HEAD", &[("GET", Memberships)]),
    at("accounts", "GET, HEAD", &[("GET", Accounts)]),
    at("accounts/:account", "GET, HEAD", &[("GET", Account)]),
    at(account!("tokens"), "GET, HEAD, POST", &[("GET", ListTokens), ("POST", CreateToken)]),
    at(account!("tokens/verify"), "GET, HEAD", &[("GET", VerifyToken)]),
    at(account!("tokens/:item"), "DELETE", &[("DELETE", DeleteToken)]),
    at(account!("tokens/:item/value"), "PUT", &[("PUT", RollToken)]),
    at(account!("workers/assets/upload"), "POST", &[("POST", UploadAssets)]),
    at(
        account!("workers/dispatch/namespaces"),
        "GET, HEAD, POST",
        &[("GET", ListNamespaces), ("POST", CreateNamespace)],
    ),
    at(
        namespace!(""),
        "GET, HEAD, PUT, PATCH, DELETE",
        &[("GET", Namespace), ("PUT", RenameNamespace), ("PATCH", PatchNamespace), ("DELETE", DeleteNamespace)],
    ),
    at(namespace!("/quota"), "GET, HEAD, PATCH", &[("GET", Quota), ("PATCH", PatchQuota)]),
    at(namespace!("/scripts"), "GET, HEAD, DELETE", &[("GET", ListScripts), ("DELETE", DeleteScripts)]),
    at(script!(""), "GET, HEAD, PUT, DELETE", &[("GET", Script), ("PUT", PutScript), ("DELETE", DeleteScript)]),
    at(script!("/content"), "GET, HEAD, PUT", &[("GET", Content), ("PUT", PutContent)]),
    at(script!("/settings"), "GET, HEAD, PATCH", &[("GET", Settings), ("PATCH", PatchSettings)]),
    at(script!("/bindings"), "GET, HEAD", &[("GET", Bindings)]),
    at(script!("/secrets"), "GET, HEAD, PUT", &[("GET", ListSecrets), ("PUT", PutSecret)]),
    at(script!("/secrets-bulk"), "PATCH", &[("PATCH", PatchSecrets)]),
    at(script!("/secrets/:item"), "GET, HEAD, DELETE", &[("GET", Secret), ("DELETE", DeleteSecret)]),
    at(script!("/tags"), "GET, HEAD, PUT", &[("GET", Tags), ("PUT", PutTags)]),
    at(script!("/tags/:item"), "PUT, DELETE", &[("PUT", PutTag), ("DELETE", DeleteTag)]),
    at(script!("/versions"), "GET, HEAD, POST", &[("GET", ListVersions), ("POST", PostVersion)]),
    at(script!("/versions/:item"), "GET, HEAD", &[("GET", Version)]),
    at(script!("/deployments"), "GET, HEAD, POST", &[("GET", ListDeployments), ("POST", Deploy)]),
    at(script!("/deployments/:item"), "GET, HEAD, DELETE", &[("GET", Deployment), ("DELETE", DeleteDeployment)]),
    at(script!("/explain"), "GET, HEAD", &[("GET", Explain)]),
    at(script!("/assets-upload-session"), "POST", &[("POST", AssetsSession)]),
    // What wrangler asks beside: ordinary Workers, of which there are none here.
    at(account!("workers/scripts/:script"), "", &[("*", OrdinaryWorker)]),
    at(account!("workers/scripts/:script/*"), "", &[("*", OrdinaryWorker)]),
    at(account!("workers/services/:script"), "", &[("*", OrdinaryWorker)]),
    at(account!("workers/services/:script/*"), "", &[("*", OrdinaryWorker)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_is_what_there_is() {
        for resource in RESOURCES.iter().filter(|resource| resource.actions[0].0 != "*") {
            let mut methods = Vec::new();
            for (method, _) in resource.actions {
                methods.push(*method);
                if *method == "GET" {
                    methods.push("HEAD");
                }
            }
            assert_eq!(resource.allow, methods.join(", "), "{}", resource.path);
        }
    }
}
