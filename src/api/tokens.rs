//! Further tokens beside `API_TOKEN`. Beyond Cloudflare's API, whose tokens are not a script platform's.

use super::resource::{Action, Does, From, Question, Resource, Whom::Directory, in_account};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: in_account!("tokens"),
        allow: "GET, HEAD, POST",
        methods: &[
            // Who lists them sees what others may.
            ("GET", Does::Administer(&Question::one(Directory, "list_tokens", &[]))),
            ("POST", Does::Administer(&CREATE)),
        ],
    },
    Resource {
        path: in_account!("tokens/verify"),
        allow: "GET, HEAD",
        methods: &[("GET", Does::Own(Action::VerifyToken))],
    },
    Resource {
        path: in_account!("tokens/:item"),
        allow: "DELETE",
        methods: &[("DELETE", Does::Administer(&Question::one(Directory, "delete_token", &[ID])))],
    },
    Resource { path: in_account!("tokens/:item/value"), allow: "PUT", methods: &[("PUT", Does::Administer(&ROLL))] },
];

const ID: (&str, From) = ("id", From::Item);
const ROLL: Question = Question::one(Directory, "roll_token", &[ID, ("grace_seconds", From::Field("grace_seconds"))]);
const CREATE: Question = Question::one(
    Directory,
    "create_token",
    &[
        ("name", From::Field("name")),
        ("permission", From::Field("permission")),
        ("namespaces", From::Field("namespaces")),
        ("expires_on", From::Field("expires_on")),
    ],
);
