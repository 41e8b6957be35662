//! Codes for the property tests: as the calls that build them, and as what those calls mean.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use worker_loader::{Bundle, Handle, Limits, Module, Outbound, Stub, WorkerCode, WorkerKey};

/// A small alphabet everywhere, so that two recipes often agree in most of what they hold.
#[derive(Clone, Debug)]
pub struct Recipe(pub Vec<Step>);

#[derive(Clone, Debug)]
pub enum Step {
    Flag(String),
    Experimental,
    Limits(Option<u32>, Option<u32>),
    Module(String, Content),
    Env(String, Value),
    EnvStub(String, String),
    Secret(String, String, String),
    Bundle(String),
    Outbound(Gateway),
    Tail(String),
    Streaming(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Js(String),
    Cjs(String),
    Text(String),
    Data(String),
    Json(Value),
    Wasm(String),
    Compiled(String),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Gateway {
    #[default]
    Block,
    Inherit,
    Through(String),
}

/// What an entry of env means for the key: of a secret, its fingerprint alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Value(Value),
    Stub(String),
    Secret(String),
}

#[derive(Debug, Default, PartialEq)]
pub struct Meaning {
    flags: BTreeSet<String>,
    experimental: bool,
    limits: (Option<u32>, Option<u32>),
    modules: BTreeMap<String, Content>,
    bundle: Option<String>,
    env: BTreeMap<String, Entry>,
    outbound: Gateway,
    tails: Vec<String>,
    streaming: Vec<String>,
}

impl Recipe {
    pub fn build(&self) -> WorkerCode {
        let stub = |fingerprint: &String| Stub::new(Handle::nothing(), fingerprint.clone());
        let start = WorkerCode::builder("2026-07-01", "main.js").js("main.js", "export default {}");
        let builder = self.0.iter().fold(start, |builder, step| match step {
            Step::Flag(flag) => builder.compatibility_flag(flag),
            Step::Experimental => builder.allow_experimental(true),
            Step::Limits(cpu, requests) => {
                let limits = cpu.map_or(Limits::new(), |ms| Limits::new().cpu_ms(ms));
                builder.limits(requests.map_or(limits, |count| limits.sub_requests(count)))
            }
            Step::Module(name, content) => {
                let module = match content.clone() {
                    Content::Js(text) => Module::Js(text.into()),
                    Content::Cjs(text) => Module::Cjs(text.into()),
                    Content::Text(text) => Module::Text(text.into()),
                    Content::Data(text) => Module::Data(text.into_bytes().into()),
                    Content::Json(value) => Module::Json(value),
                    Content::Wasm(text) => Module::Wasm(text.into_bytes().into()),
                    Content::Compiled(fingerprint) => Module::Compiled(stub(&fingerprint)),
                };
                builder.module(name, module)
            }
            Step::Env(name, value) => builder.env(name, value),
            Step::EnvStub(name, fingerprint) => builder.env_stub(name, stub(fingerprint)),
            Step::Secret(name, secret, fingerprint) => builder.env_secret(name, secret, fingerprint),
            Step::Bundle(digest) => builder.bundle(bundle(digest)),
            Step::Outbound(Gateway::Block) => builder.outbound(Outbound::Block),
            Step::Outbound(Gateway::Inherit) => builder.outbound(Outbound::Inherit),
            Step::Outbound(Gateway::Through(fingerprint)) => builder.outbound(Outbound::Through(stub(fingerprint))),
            Step::Tail(fingerprint) => builder.tail(stub(fingerprint)),
            Step::Streaming(fingerprint) => builder.allow_experimental(true).streaming_tail(stub(fingerprint)),
        });
        builder.build().unwrap()
    }

    pub fn key(&self) -> WorkerKey {
        self.build().key("t")
    }

    pub fn meaning(&self) -> Meaning {
        let mut meaning = Meaning::default();
        for step in self.0.iter().cloned() {
            match step {
                Step::Flag(flag) => _ = meaning.flags.insert(flag),
                Step::Experimental => meaning.experimental = true,
                Step::Limits(cpu, requests) => meaning.limits = (cpu, requests),
                Step::Module(name, content) => _ = meaning.modules.insert(name, content),
                Step::Env(name, value) => _ = meaning.env.insert(name, Entry::Value(value)),
                Step::EnvStub(name, fingerprint) => _ = meaning.env.insert(name, Entry::Stub(fingerprint)),
                Step::Secret(name, _, fingerprint) => _ = meaning.env.insert(name, Entry::Secret(fingerprint)),
                Step::Bundle(digest) => meaning.bundle = Some(digest),
                Step::Outbound(gateway) => meaning.outbound = gateway,
                Step::Tail(fingerprint) => meaning.tails.push(fingerprint),
                Step::Streaming(fingerprint) => {
                    meaning.experimental = true;
                    meaning.streaming.push(fingerprint);
                }
            }
        }
        meaning
    }

    pub fn shuffled(self) -> impl Strategy<Value = Recipe> {
        Just(self.0).prop_shuffle().prop_map(Recipe)
    }
}

/// No name twice, and at most one call of what a later call would replace or whose order counts.
pub fn any() -> impl Strategy<Value = Recipe> {
    let limit = || proptest::option::of(0..3_u32);
    let settings = (
        proptest::collection::vec(word().prop_map(|word| Step::Flag(format!("f{word}"))), 0..3),
        proptest::option::of(Just(Step::Experimental)),
        proptest::option::of((limit(), limit()).prop_map(|(cpu, requests)| Step::Limits(cpu, requests))),
        proptest::option::of(gateway().prop_map(Step::Outbound)),
        proptest::option::of(name().prop_map(Step::Tail)),
        proptest::option::of(name().prop_map(Step::Streaming)),
        proptest::option::of(name().prop_map(Step::Bundle)),
    );
    let modules = proptest::collection::btree_map(word().prop_map(|word| format!("m{word}")), content(), 0..3);
    let env = proptest::collection::btree_map(name(), entry(), 0..3);
    (settings, modules, env).prop_map(
        |((flags, experimental, limits, outbound, tail, streaming, bundle), modules, env)| {
            let modules = modules.into_iter().map(|(name, content)| Step::Module(name, content));
            let env = env.into_iter().map(|(name, (entry, secret))| match entry {
                Entry::Value(value) => Step::Env(name, value),
                Entry::Stub(fingerprint) => Step::EnvStub(name, fingerprint),
                Entry::Secret(fingerprint) => Step::Secret(name, secret, fingerprint),
            });
            let settings = [experimental, limits, outbound, tail, streaming, bundle].into_iter().flatten();
            Recipe(flags.into_iter().chain(settings).chain(modules).chain(env).collect())
        },
    )
}

fn word() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b", "ab", "aa"]).prop_map(str::to_owned)
}

/// What must not be empty: names in env, and fingerprints.
fn name() -> impl Strategy<Value = String> {
    word().prop_map(|word| format!("n{word}"))
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        word().prop_map(Content::Js),
        word().prop_map(Content::Cjs),
        word().prop_map(Content::Text),
        word().prop_map(Content::Data),
        value().prop_map(Content::Json),
        word().prop_map(Content::Wasm),
        name().prop_map(Content::Compiled),
    ]
}

fn entry() -> impl Strategy<Value = (Entry, String)> {
    let entry =
        prop_oneof![value().prop_map(Entry::Value), name().prop_map(Entry::Stub), name().prop_map(Entry::Secret),];
    (entry, word())
}

pub fn bundle(digest: &str) -> Bundle {
    Bundle::new(digest, || std::future::ready(Ok(Handle::nothing())))
}

fn gateway() -> impl Strategy<Value = Gateway> {
    prop_oneof![Just(Gateway::Block), Just(Gateway::Inherit), name().prop_map(Gateway::Through)]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        (0..2_i32).prop_map(|n| json!(n)),
        word().prop_map(|w| json!(w))
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map(word(), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
