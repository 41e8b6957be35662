//! The key: the same for the same code, another for any other.

mod recipe;

use proptest::prelude::*;
use recipe::{Content, Gateway, Recipe, Step};
use serde_json::json;
use worker_loader::{Handle, InvalidKey, Limits, Module, Outbound, Stub, WorkerCode, WorkerCodeBuilder, WorkerKey};

fn base() -> WorkerCodeBuilder {
    WorkerCode::builder("2026-07-01", "main.js")
        .js("main.js", "export default {}")
        .text("note.txt", "abc")
        .compatibility_flag("nodejs_compat")
        .env("NAME", "Ada")
        .limits(Limits::new().cpu_ms(50).sub_requests(10))
        .tail(stub("tail 1"))
        .allow_experimental(true)
}

fn stub(fingerprint: &str) -> Stub {
    Stub::new(Handle::nothing(), fingerprint)
}

fn key(builder: WorkerCodeBuilder) -> WorkerKey {
    builder.build().unwrap().key("t")
}

#[test]
fn each_single_change_gives_another_key() {
    let start = |date: &str, main: &str| {
        WorkerCode::builder(date, main)
            .js("main.js", "export default {}")
            .compatibility_flag("nodejs_compat")
            .env("NAME", "Ada")
            .limits(Limits::new().cpu_ms(50).sub_requests(10))
            .tail(stub("tail 1"))
            .allow_experimental(true)
    };
    let start_with = |module: Module| start("2026-07-01", "main.js").module("x", module);
    let limited = |limits: Limits| base().limits(limits);
    let codes = [
        ("base", base()),
        ("no note", start("2026-07-01", "main.js")),
        ("date", start("2026-07-02", "main.js").text("note.txt", "abc")),
        ("main", start("2026-07-01", "other.js").js("other.js", "export default {}")),
        ("main and a copy", start("2026-07-01", "main.js").js("other.js", "export default {}")),
        ("source", start("2026-07-01", "main.js").text("note.txt", "abd")),
        ("longer source", start("2026-07-01", "main.js").text("note.txt", "abc ")),
        ("module name", start("2026-07-01", "main.js").text("note.tx", "abc")),
        ("kind", start("2026-07-01", "main.js").data("note.txt", &b"abc"[..])),
        ("kind js", start_with(Module::Js("1".into()))),
        ("kind cjs", start_with(Module::Cjs("1".into()))),
        ("kind text", start_with(Module::Text("1".into()))),
        ("kind data", start_with(Module::Data(b"1".into()))),
        ("kind json", start_with(Module::Json(json!(1)))),
        ("kind json of the same text", start_with(Module::Json(json!("1")))),
        ("kind wasm", start_with(Module::Wasm(b"1".into()))),
        ("kind compiled", start_with(Module::Compiled(stub("1")))),
        ("compiled from other bytes", start_with(Module::Compiled(stub("2")))),
        ("one more module", base().text("more.txt", "")),
        ("flag", base().compatibility_flag("global_navigator")),
        ("experimental", base().allow_experimental(false)),
        ("cpu", limited(Limits::new().cpu_ms(51).sub_requests(10))),
        ("cpu 0", limited(Limits::new().cpu_ms(0).sub_requests(10))),
        ("no cpu", limited(Limits::new().sub_requests(10))),
        ("subrequests", limited(Limits::new().cpu_ms(50).sub_requests(11))),
        ("limits swapped", limited(Limits::new().cpu_ms(10).sub_requests(50))),
        ("no limits", limited(Limits::new())),
        ("one more entry", base().env("MORE", ())),
        ("an entry that is a stub", base().env_stub("MORE", stub("null"))),
        ("an entry that is another stub", base().env_stub("MORE", stub("nil"))),
        ("an entry of a stub's fingerprint", base().env("MORE", "null")),
        ("an entry that is a secret", base().env_secret("MORE", "s", "null")),
        ("an entry that is another secret", base().env_secret("MORE", "s", "nil")),
        ("bundle", base().bundle(recipe::bundle("b1"))),
        ("another bundle", base().bundle(recipe::bundle("b2"))),
        ("inherit", base().outbound(Outbound::Inherit)),
        ("through", base().outbound(Outbound::Through(stub("gateway")))),
        ("through another", base().outbound(Outbound::Through(stub("gateway 2")))),
        ("tail", base().tail(stub("tail 2"))),
        ("the same tail twice", base().tail(stub("tail 1"))),
        ("streaming tail", base().streaming_tail(stub("tail 1"))),
        ("another streaming tail", base().streaming_tail(stub("tail 2"))),
    ];
    let keys: Vec<_> = codes.into_iter().map(|(what, code)| (what, key(code))).collect();
    for (i, (one, first)) in keys.iter().enumerate() {
        for (two, second) in &keys[i + 1..] {
            assert_ne!(first, second, "{one} / {two}");
        }
    }
}

#[test]
fn env_values_that_print_alike_give_other_keys() {
    let values = [
        json!(null),
        json!("null"),
        json!(1),
        json!("1"),
        json!(true),
        json!([]),
        json!({}),
        json!([[]]),
        json!([1, 2]),
        json!([[1], 2]),
        json!([1, [2]]),
        json!(["a", "b"]),
        json!({"a": "b"}),
        json!({"a": {"b": null}}),
        json!({"a": null, "b": null}),
    ];
    let keys: Vec<_> = values.iter().map(|value| key(base().env("VALUE", value))).collect();
    for i in 0..keys.len() {
        for j in i + 1..keys.len() {
            assert_ne!(keys[i], keys[j], "{} / {}", values[i], values[j]);
        }
    }
}

#[test]
fn a_bundle_and_a_secret_are_covered_by_what_stands_for_them() {
    let of = |secret: &str| key(base().env_secret("TOKEN", secret, "3"));
    assert_eq!(of("hunter2"), of("swordfish"), "no digest of a secret in a key");
    let bundled = |main: &str| WorkerCode::builder("2026-07-01", main).bundle(recipe::bundle("b1"));
    assert_eq!(bundled("a.js").build().unwrap().key("t"), bundled("a.js").build().unwrap().key("t"));
    assert_ne!(key(bundled("a.js")), key(bundled("b.js")), "the main module is no part of the digest");
}

#[test]
fn what_is_the_same_code_gives_the_same_key() {
    assert_eq!(key(base()), key(base()));
    assert_eq!(key(base()), key(base().compatibility_flag("nodejs_compat")), "a flag given twice is one flag");
    assert_eq!(key(base()), key(base().outbound(Outbound::Block)), "blocked is the default");
    let borrowed = base().data("d.bin", &[1, 2, 3][..]);
    let owned = base().data("d.bin", vec![1, 2, 3]);
    assert_eq!(key(borrowed), key(owned));
    let written = base().env("O", json!({"b": 1, "a": [true]}));
    let other_order = base().env("O", json!({"a": [true], "b": 1}));
    assert_eq!(key(written), key(other_order), "the order of an object's names means nothing");
    let code = base().build().unwrap();
    assert_eq!(code.key("t"), code.clone().key("t"));
}

/// Everything that a code can hold, once. A digest that moves makes each worker of everybody a new one: cold, and
/// billed. If the layout has to change, the `LAYOUT` text in `digest.rs` changes with it, and so does this.
#[test]
fn the_layout_is_what_it_was() {
    let code = WorkerCode::builder("2026-07-01", "main.js")
        .js("main.js", "export default {}")
        .cjs("c.cjs", "module.exports = 1;")
        .text("t.txt", "Grüße, 世界")
        .data("d.bin", &[0, 1, 254, 255][..])
        .json("j.json", json!({"b": [null, true, false, -7, 1.5], "a": "x"}))
        .wasm("w.wasm", &b"\0asm\x01\0\0\0"[..])
        .module("compiled.wasm", Module::Compiled(stub("sha256:00")))
        .compatibility_flag("nodejs_compat")
        .compatibility_flag("experimental")
        .allow_experimental(true)
        .limits(Limits::new().cpu_ms(50))
        .env("NAME", "Ada")
        .env_stub("API", stub("api 1"))
        .outbound(Outbound::Through(stub("gateway")))
        .tail(stub("tail"))
        .streaming_tail(stub("stream"))
        .build()
        .unwrap();
    assert_eq!(code.key("golden").as_str(), "golden@dae05a3dbaf02fcf01378065532c99ce1b06ac3c9db3faf751bf357d36df16f0");

    let least = WorkerCode::builder("2026-07-01", "a.js").js("a.js", "").build().unwrap();
    assert_eq!(least.key("").as_str(), "@bf7424ef1af1d26cbdfc7ac7b60a9a33acd89e0cd09eba0003bc7cac15ec5159");
}

#[test]
fn a_key_tells_its_parts() {
    let code = base().build().unwrap();
    for prefix in ["", "acme", "a@b", "@", "prod/acme@v2", "Grüße"] {
        let key = code.key(prefix);
        assert_eq!(key.prefix(), prefix);
        assert_eq!(key.digest().len(), 64);
        assert_eq!(key.as_str(), format!("{prefix}@{}", key.digest()));
        assert_eq!(key.short(), format!("{prefix}@{}", &key.digest()[..12]));
        assert_eq!(key.to_string(), key.as_str());
        assert_eq!(key.as_str().parse::<WorkerKey>().unwrap(), key);
    }
    assert_ne!(code.key("a"), code.key("b"), "the prefix keeps tenants of one code apart");
    assert_eq!(code.key("a").digest(), code.key("b").digest());
}

#[test]
fn what_is_no_key_is_refused_and_shown() {
    let digest = "0123456789abcdef".repeat(4);
    for text in [
        String::new(),
        "acme".into(),
        digest.clone(),
        format!("acme@{}", &digest[1..]),
        format!("acme@{digest}0"),
        format!("acme@{}", digest.to_uppercase()),
        format!("acme@{digest} "),
        format!("acme@{digest}~1"),
        format!("acme@{}g", &digest[1..]),
        format!("acme@{}é", &digest[2..]),
    ] {
        let error = text.parse::<WorkerKey>().unwrap_err();
        assert_eq!(error, InvalidKey(text.clone()));
        assert_eq!(error.to_string(), format!("{text:?} is no worker key: a key is PREFIX@ and 64 hexadecimal digits"));
    }
}

/// Two recipes that differ by one byte moved over the border of two neighbouring fields.
fn moved() -> impl Strategy<Value = (Recipe, Recipe)> {
    ("[a-c]{2,3}", "[a-c]{1,3}", 0..7_usize).prop_map(|(left, right, fields)| {
        let (shorter, longer) = (left[..left.len() - 1].to_owned(), format!("{}{right}", &left[left.len() - 1..]));
        let steps = |left: String, right: String| match fields {
            0 => vec![Step::Module(format!("m{left}"), Content::Text(right))],
            1 => vec![Step::Env(format!("E{left}"), json!(right))],
            2 => vec![Step::Env("E".into(), json!([left, right]))],
            3 => vec![Step::Env("E".into(), json!({ left: right }))],
            4 => vec![Step::Tail(left), Step::Tail(right)],
            5 => vec![Step::Tail(left), Step::Streaming(right)],
            _ => vec![Step::EnvStub("E".into(), left), Step::Outbound(Gateway::Through(right))],
        };
        (Recipe(steps(left, right)), Recipe(steps(shorter, longer)))
    })
}

proptest! {
    #[test]
    fn the_order_of_the_calls_means_nothing((recipe, other) in recipe::any().prop_flat_map(|recipe| {
        (Just(recipe.clone()), recipe.shuffled())
    })) {
        prop_assert_eq!(recipe.key(), other.key());
    }

    #[test]
    fn two_codes_share_a_key_only_if_they_are_the_same(one in recipe::any(), two in recipe::any()) {
        prop_assert_eq!(one.key() == two.key(), one.meaning() == two.meaning());
    }

    #[test]
    fn a_byte_moved_between_neighbours_gives_another_key((one, two) in moved()) {
        prop_assert_ne!(one.meaning(), two.meaning());
        prop_assert_ne!(one.key(), two.key());
    }

    #[test]
    fn every_key_reads_back(prefix in any::<String>(), recipe in recipe::any()) {
        let code = recipe.build();
        let key = code.key(&prefix);
        prop_assert_eq!(key.prefix(), &prefix);
        prop_assert_eq!(key.to_string().parse::<WorkerKey>().unwrap(), key);
    }

    #[test]
    fn reading_a_key_never_panics(text in any::<String>()) {
        if let Ok(key) = text.parse::<WorkerKey>() {
            prop_assert_eq!(key.short(), format!("{}@{}", key.prefix(), &key.digest()[..12]));
        }
    }
}
