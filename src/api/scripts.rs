//! Scripts of a namespace.

use super::resource::{
    Action, Does, From, PAGE, PER_PAGE, Question, Resource, Whom, in_account, in_namespace, of_script,
};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: in_namespace!("/scripts"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&LIST)),
            ("DELETE", Does::Ask(&Question::one(Whom::Namespace, "delete_scripts", &[TAGS, ("limit", From::Query)]))),
        ],
    },
    Resource {
        path: of_script!(""),
        allow: "GET, HEAD, PUT, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Script, "get", &[]))),
            ("PUT", Does::Own(Action::PutScript)),
            ("DELETE", Does::Ask(&Question::one(Whom::Script, "delete", &[("force", From::Flag)]))),
        ],
    },
    Resource {
        path: of_script!("/content"),
        allow: "GET, HEAD, PUT",
        methods: &[("GET", Does::Own(Action::Content)), ("PUT", Does::Own(Action::PutContent))],
    },
    Resource {
        path: of_script!("/assets-upload-session"),
        allow: "POST",
        methods: &[("POST", Does::Own(Action::AssetsSession))],
    },
    Resource {
        path: in_account!("workers/assets/upload"),
        allow: "POST",
        methods: &[("POST", Does::Own(Action::UploadAssets))],
    },
];

const TAGS: (&str, From) = ("tags", From::Query);
const LIST: Question =
    Question::page(Whom::Namespace, "scripts", &[("namespace", From::Namespace), TAGS, PAGE, PER_PAGE]);
