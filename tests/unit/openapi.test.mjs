// The OpenAPI document has the calls that there are, and no others: src/openapi/routes.txt, which tests/openapi_routes.rs holds to the code.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { document } from "../../src/openapi/document.js";

const ROOT = resolve(import.meta.dirname, "../..");
const LISTED = readFileSync(join(ROOT, "src/openapi/routes.txt"), "utf8").trim().split("\n");
const METHODS = ["get", "put", "post", "patch", "delete"];

const resolved = (schema) => (schema.$ref ? schema.$ref.split("/").slice(1).reduce((at, name) => at[name], document) : schema);
const operations = Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => [`${method.toUpperCase()} ${path}`, item[method]]));
const bodyOf = ({ requestBody }) => requestBody && resolved(requestBody.content["application/json"].schema);

/** A line of the list. What is an action of its own (a word that begins with a capital) reads its parameters in code, and not by a table. */
function read(line) {
  const [method, path, ...takes] = line.split(" ");
  const named = (sign) => takes.filter((one) => one.startsWith(sign)).map((one) => one.slice(1)).sort();
  const own = takes.find((one) => /^[A-Z]/.test(one));
  return { call: `${method} ${path}`, query: named("?"), fields: named("."), hasBody: takes.includes("body"), isTable: path.startsWith("/client/v4/") && own === undefined };
}

describe("the OpenAPI document", () => {
  test("has every call, and no other", () => {
    const listed = new Set(LISTED.map((line) => read(line).call));
    // Those are no table's: src/pattern/job/serve.js.
    const jobs = ["DELETE /job/{id}", "POST /job/{id}/cancel", "POST /job/{id}/retry"];
    assert.deepEqual(operations.map(([call]) => call).sort(), [...listed, ...jobs].sort());
  });

  test("has the parameters and the fields of each that is a table's", () => {
    const by = new Map(operations);
    for (const { call, query, fields, hasBody } of LISTED.map(read).filter(({ isTable }) => isTable)) {
      const operation = by.get(call);
      assert.deepEqual((operation.parameters ?? []).map(({ name }) => name).sort(), query, call);
      assert.equal(operation.requestBody !== undefined, hasBody || fields.length > 0, call);
      if (fields.length > 0) {
        const { properties, additionalProperties } = bodyOf(operation);
        assert.deepEqual([Object.keys(properties).sort(), additionalProperties], [fields, false], call);
      }
    }
  });

  test("has every code of a problem", () => {
    const codes = document.components.schemas.Problem.properties.code.enum;
    const source = readFileSync(join(ROOT, "src/registry/problem.rs"), "utf8");
    const known = [...source.matchAll(/^pub const \w+: u32 = ([\d_]+);$/gm)].map(([, code]) => Number(code.replaceAll("_", "")));
    assert.ok(known.length > 30, "this reads the source no more");
    assert.deepEqual(known.filter((code) => !codes.includes(code)), []);
  });

  test("has ids of its own for all of them, and refers to what there is", () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    const look = (value, where) => {
      if (value === null || typeof value !== "object") return;
      if (typeof value.$ref === "string") assert.ok(resolved(value), `${where}: ${value.$ref}`);
      for (const [name, link] of Object.entries(value.links ?? {})) assert.ok(ids.includes(link.operationId), `${where}: ${name}`);
      for (const [name, inner] of Object.entries(value)) look(inner, `${where}/${name}`);
    };
    look(document, "");
    // What nothing refers to would be stale before long.
    const text = JSON.stringify(document);
    for (const kind of ["schemas", "responses", "parameters"]) {
      for (const name of Object.keys(document.components[kind])) assert.ok(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`);
    }
  });
});
