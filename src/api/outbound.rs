//! Where scripts may go: the secrets that rules put into requests, which nobody is told again; and what became of requests.

use super::resource::{
    Does, From, Question, Resource,
    Whom::{self, Script},
    in_namespace, of_script,
};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: of_script!("/outbound/secrets"),
        allow: "GET, HEAD, PUT",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "outbound_secrets", &[]))),
            ("PUT", Does::Ask(&Question::one(Script, "put_outbound_secret", &[("body", From::Body)]))),
        ],
    },
    Resource {
        path: of_script!("/outbound/secrets/:item"),
        allow: "DELETE",
        methods: &[("DELETE", Does::Ask(&Question::one(Script, "delete_outbound_secret", &[("name", From::Item)])))],
    },
    Resource {
        path: of_script!("/outbound/audit"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "outbound_audit", &[]))),
            ("DELETE", Does::Ask(&Question::one(Script, "clear_outbound_audit", &[]))),
        ],
    },
    Resource {
        path: in_namespace!("/outbound/secrets"),
        allow: "GET, HEAD, PUT",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Directory, "namespace_secrets", &[NAME]))),
            (
                "PUT",
                Does::Administer(&Question::one(
                    Whom::Directory,
                    "put_namespace_secret",
                    &[NAME, ("body", From::Body)],
                )),
            ),
        ],
    },
    Resource {
        path: in_namespace!("/outbound/secrets/:item"),
        allow: "DELETE",
        methods: &[(
            "DELETE",
            Does::Administer(&Question::one(
                Whom::Directory,
                "delete_namespace_secret",
                &[NAME, ("secret", From::Item)],
            )),
        )],
    },
];

const NAME: (&str, From) = ("name", From::Namespace);
