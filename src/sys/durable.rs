//! What of a Durable Object's storage the `worker` crate lacks, and R2 without its conversions.

use js_sys::{Array, Iterator, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage`.
    pub(crate) type Storage;

    /// `ctx.storage.sql`.
    pub(crate) type Sql;

    /// What `exec` gives.
    pub(crate) type Cursor;

    /// An R2 bucket.
    pub(crate) type Bucket;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sql(this: &Storage) -> Sql;

    /// Runs `work` in a transaction, which is rolled back where it throws.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(crate) fn transaction_sync(
        this: &Storage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    /// Takes part in the transaction that is open.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    pub(crate) fn set_alarm(this: &Storage, at_ms: f64) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, variadic)]
    pub(crate) fn exec(this: &Sql, query: &str, bindings: &Array) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn raw(this: &Cursor) -> Result<Iterator, JsValue>;

    /// Deletes these keys; one that is not there is no error.
    #[wasm_bindgen(method, catch, js_name = delete)]
    pub(crate) fn delete_keys(this: &Bucket, keys: &Array) -> Result<Promise, JsValue>;
}
