//! Queues of a namespace: there with the first message, or when one is set.

use super::resource::{Does, From, Question, Resource, Whom, in_namespace};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: in_namespace!("/queues"),
        allow: "GET, HEAD",
        methods: &[("GET", Does::Ask(&Question::one(Whom::Namespace, "queues", &[])))],
    },
    Resource {
        path: in_namespace!("/queues/:item"),
        allow: "GET, HEAD, PUT, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Queue, "get", &[]))),
            ("PUT", Does::Ask(&Question::one(Whom::Queue, "put", &[("item", From::Item), ("settings", From::Body)]))),
            ("DELETE", Does::Ask(&Question::one(Whom::Queue, "delete", &[]))),
        ],
    },
    Resource {
        path: in_namespace!("/queues/:item/messages"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Queue, "messages", &[]))),
            ("DELETE", Does::Ask(&Question::one(Whom::Queue, "purge", &[]))),
        ],
    },
];
