//! Namespaces.

use super::resource::{BY, Does, From, PAGE, PER_PAGE, Question, Resource, Whom, in_account, in_namespace};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: in_account!("workers/dispatch/namespaces"),
        allow: "GET, HEAD, POST",
        methods: &[
            // What the caller may not see is not in its pages.
            (
                "GET",
                Does::Ask(&Question::page(Whom::Directory, "list_namespaces", &[PAGE, PER_PAGE, ("only", From::Seen)])),
            ),
            (
                "POST",
                Does::Administer(&Question::one(
                    Whom::Directory,
                    "create_namespace",
                    &[("name", From::Field("name")), BY],
                )),
            ),
        ],
    },
    Resource {
        path: in_namespace!(""),
        allow: "GET, HEAD, PUT, PATCH, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Directory, "namespace", &[NAME]))),
            ("PUT", Does::Administer(&PATCH)),
            ("PATCH", Does::Administer(&PATCH)),
            ("DELETE", Does::Administer(&Question::one(Whom::Directory, "delete_namespace", &[NAME]))),
        ],
    },
    Resource {
        path: in_namespace!("/quota"),
        allow: "GET, HEAD, PATCH",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Namespace, "quota", &[]))),
            ("PATCH", Does::Administer(&Question::one(Whom::Namespace, "patch_quota", &[("patch", From::Body)]))),
        ],
    },
];

const NAME: (&str, From) = ("name", From::Namespace);
const PATCH: Question = Question::one(
    Whom::Directory,
    "patch_namespace",
    &[
        NAME,
        ("new_name", From::Field("name")),
        ("trusted_workers", From::Field("trusted_workers")),
        ("outbound", From::Given("outbound")),
        ("limits", From::Given("limits")),
        ("services", From::Given("services")),
        BY,
    ],
);
