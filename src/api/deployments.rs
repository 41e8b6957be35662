//! Deployments of a script: what is live, and what was.

use super::resource::{Action, Does, From, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: of_script!("/deployments"),
        allow: "GET, HEAD, POST",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "deployments", &[]))),
            ("POST", Does::Ask(&Question::one(Script, "deploy", &[("body", From::Body), ("force", From::Flag)]))),
        ],
    },
    Resource {
        path: of_script!("/deployments/:item"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "deployment", &[("id", From::Item)]))),
            ("DELETE", Does::Ask(&Question::one(Script, "delete_deployment", &[("id", From::Item)]))),
        ],
    },
    Resource {
        path: of_script!("/incidents"),
        allow: "GET, HEAD",
        methods: &[("GET", Does::Ask(&Question::one(Script, "incidents", &[])))],
    },
    Resource { path: of_script!("/explain"), allow: "GET, HEAD", methods: &[("GET", Does::Own(Action::Explain))] },
];
