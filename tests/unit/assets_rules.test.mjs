// What the texts of _headers and _redirects, and the rest of a site's configuration, come to.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseConfig } from "../../src/assets/config.js";
import { fill, match, matchesAny, parse, spans, stars } from "../../src/assets/pattern.js";
import { redirect } from "../../src/assets/redirect.js";

const headers = (text) => {
  const { config, problems } = parseConfig({ _headers: text }, true);
  return problems.length > 0 ? problems : config.headers;
};
const redirects = (text, more = {}) => {
  const { config, problems } = parseConfig({ _redirects: text, ...more }, true);
  return problems.length > 0 ? problems : config.redirects;
};
const wrong = (file, ...lines) => [[`Invalid ${file} configuration:`, ...lines].join("\n")];

describe("patterns", () => {
  const names = (pattern, text) => match(parse(pattern), text);

  test("a name is a segment, a star is anything, each as long as it can be", () => {
    assert.deepEqual(names("/blog/:post", "/blog/one"), { post: "one" });
    assert.equal(names("/blog/:post", "/blog/"), null);
    assert.equal(names("/blog/:post", "/blog/a/b"), null);
    assert.deepEqual(names("/blog/*", "/blog/"), { splat: "" });
    assert.deepEqual(names("/blog/*", "/blog/a/b"), { splat: "a/b" });
    assert.equal(names("/blog/*", "/blog"), null);
    assert.deepEqual(names("/:a-:b.txt", "/1-2-3.txt"), { a: "1-2", b: "3" });
    assert.deepEqual(names("/*/:last", "/a/b/c"), { splat: "a/b", last: "c" });
    assert.deepEqual(names("/:id/:id2", "/1/2"), { id: "1", id2: "2" });
    assert.deepEqual(names("https://:sub.example.com/:page", "https://a.example.com/x"), { sub: "a", page: "x" });
    assert.equal(names("https://:sub.example.com/", "https://a.b.example.com/"), null);
    assert.deepEqual(names("/a:1", "/a:1"), {}, "a name begins with a letter");
  });

  test("what is special to a regular expression is not special", () => {
    assert.equal(names("/a.c", "/abc"), null);
    assert.deepEqual(names("/(x)[y]{z}+$^|\\", "/(x)[y]{z}+$^|\\"), {});
    assert.deepEqual(names("", ""), {});
    assert.equal(names("", "/"), null);
  });

  test("as a regular expression of the same pattern, whatever the text", () => {
    const random = ((seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647)(1);
    const text = (letters, most) => Array.from({ length: Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)]).join("");
    let compared = 0;
    for (let i = 0; i < 60_000; i += 1) {
      const pattern = `/${text(["a", "b", "/", "-", ":x", ":y", "*"], 8)}`;
      const twice = (pattern.match(/:x/g) ?? []).length > 1 || (pattern.match(/:y/g) ?? []).length > 1 || (pattern.match(/\*/g) ?? []).length > 1;
      if (twice || /:[xy][ab]/.test(pattern)) continue;
      compared += 1;
      const source = pattern.replace("*", "(?<splat>.*)").replace(":x", "(?<x>[^/]+)").replace(":y", "(?<y>[^/]+)");
      const path = `/${text(["a", "b", "/", "-"], 10)}`;
      const expected = new RegExp(`^${source}$`).exec(path);
      assert.deepEqual(names(pattern, path), expected && { ...expected.groups }, `${pattern} ${path}`);
    }
    assert.ok(compared > 20_000, `${compared}`);
  });

  test("what has only stars, as a regular expression of it", () => {
    const random = ((seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647)(2);
    const text = (letters, most) => Array.from({ length: Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)]).join("");
    for (let i = 0; i < 20_000; i += 1) {
      const [pattern, path] = [`/${text(["a", "b", ":", "*"], 7)}`, `/${text(["a", "b", ":", "/"], 9)}`];
      assert.equal(matchesAny([pattern], path), new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(path), `${pattern} ${path}`);
    }
  });

  test("no pattern looks at a path more often than a few times for each character", () => {
    /** How many characters of the path are looked at, for each that it has. */
    const looks = (path, compare) => {
      let count = 0;
      const text = { length: path.length, charCodeAt: (at) => ((count += 1), path.charCodeAt(at)), slice: (...range) => path.slice(...range) };
      return { matched: Boolean(compare(text)), looks: count / path.length };
    };
    const named = (pattern, path) => looks(path, (text) => match(parse(pattern), text));
    const starred = (pattern, path) => looks(path, (text) => spans(stars(pattern), text));
    const names = (between) => Array.from({ length: 19 }, (_, i) => `:n${i}${between}`).join("");
    const long = 16_000;
    for (const [matched, { matched: is, looks }] of Object.entries({
      "false, many names in a segment": named(`/${names("-a")}`, `/${"-a".repeat(long / 2)}!`),
      "true, many names in a segment": named(`/${names("-a")}`, `/${"-a".repeat(long / 2)}`),
      "true, names alone": named(`/${names("")}`, `/${"a".repeat(long)}`),
      "false, long texts that nearly stand everywhere": named(`/:x${"-".repeat(900)}b${"-".repeat(900)}:y!`, `/${"-".repeat(long)}!`),
      "false, before a star": named(`/${names("-a")}${"a".repeat(900)}*b`, `/${"-a".repeat(long / 2)}b`),
      "true, before a star": named(`/${names("-a")}*`, `/${"-a".repeat(long / 2)}`),
      "true, after a star": named(`/*${names("-a")}`, `/${"-a".repeat(long / 2)}`),
      "false, around a star": named(`/:x-${"a".repeat(900)}*${"b".repeat(900)}:y`, `/${"-a".repeat(long / 4)}${"b".repeat(long / 2)}`),
      "false, many stars": starred(`/${"*a".repeat(49)}b`, `/${"a".repeat(long)}`),
      "false, many stars and texts": starred(`/${"*aaab".repeat(19)}!`, `/${"aaab".repeat(long / 4)}`),
      "false, stars and what nearly stands everywhere": starred(`/*${"a".repeat(45)}b${"a".repeat(45)}*`, `/${"a".repeat(long)}`),
    })) {
      assert.equal(is, matched.startsWith("true"), matched);
      assert.ok(looks < 5, `${matched}: ${looks}`);
    }
  });

  test("what a name stands for is put in once", () => {
    assert.equal(fill("/:a/:ab/:c", { a: ":ab", ab: "$&", splat: "x" }), "/:ab/$&/:c");
    assert.equal(fill("/:splatter", { splat: "x" }), "/xter");
    assert.equal(fill(":a", {}), ":a");
  });
});

describe("_headers", () => {
  test("a path and its headers", () => {
    assert.deepEqual(headers("# c\n/a\n  X-A: b: c\n  x-a: d\r\n ! Server\n\n/b/:c/*\nY: :c\nhttps://:h.x.dev/\n  Z: 1\n"), [
      ["/a", [["x-a", "b: c, d"]], ["Server"]],
      ["/b/:c/*", [["y", ":c"]], []],
      ["https://:h.x.dev/", [["z", "1"]], []],
    ]);
    assert.deepEqual(headers("/a\n x: 1\n/b\n y: 1\n/a\n z: 1"), [["/a", [["z", "1"]], []], ["/b", [["y", "1"]], []]]);
    assert.deepEqual(headers("/ü b\n x: 1"), [["/%C3%BC%20b", [["x", "1"]], []]]);
    assert.deepEqual(headers(""), []);
  });

  test("all that is wrong, with its lines", () => {
    assert.deepEqual(
      headers("X: 1\n/a\n/b\n nothing\n a b: 1\n : 1\n n:\n n@: 1\n x: ü€\n! a b\n/c/*/*\n x: 1\n/:a/:a\n x: 1\nhttps://x:80/\nhttp://x/\n x: 1"),
      wrong("_headers",
        "Line 1: a path has to come first",
        "Line 2: there are no headers for this path",
        "Line 4: a header is its name, a colon and its value",
        'Line 5: "a b" with this value is no header',
        "Line 6: a header is its name, a colon and its value",
        "Line 7: a header is its name, a colon and its value",
        'Line 8: "n@" with this value is no header',
        'Line 9: "x" with this value is no header',
        'Line 10: "a b" is no name of a header',
        "Line 3: there are no headers for this path",
        "Line 11: there can be one wildcard, which is :splat",
        "Line 13: the placeholder :a is there twice",
        "Line 15: a host is taken without a port",
        "Line 16: it has to begin with a slash or with https://",
      ),
    );
    const uses = (count) => ` x: ${":splat".repeat(count)}\n`;
    assert.equal(headers(`/*\n${uses(20)}`).length, 1);
    assert.deepEqual(headers(`/*\n${uses(21)}`), wrong("_headers", "Line 2: there are more than 20 placeholders to be filled in", "Line 1: there are no headers for this path"));
    assert.equal(headers(`/*\n${uses(20).repeat(10)}`).length, 1);
    assert.deepEqual(headers(`/*\n${uses(20).repeat(10)}/a\n x: :splat\n y: 1\n z: :x\n`), wrong("_headers", "Line 13: there are more than 200 placeholders to be filled in, up to here"));
    assert.deepEqual(headers(`/a\n x: ${"y".repeat(2000)}\n z: 1`), wrong("_headers", "Line 2: the line is longer than 2000 characters"));
    assert.deepEqual(headers(`/${":a".repeat(0)}${Array.from({ length: 21 }, (_, i) => `:n${i}/`).join("")}\n z: 1`), wrong("_headers", "Line 1: there are more than 20 placeholders"));
    const many = Array.from({ length: 101 }, (_, i) => `/${i}\n x: 1\n`).join("");
    assert.deepEqual(headers(many), wrong("_headers", "there are more than 100 rules"));
    assert.deepEqual(parseConfig({ _headers: 1 }, true).problems, ["assets.config._headers has to be the text of that file."]);
  });
});

describe("_redirects", () => {
  test("those without a pattern are found at once, but for those below one", () => {
    assert.deepEqual(redirects("/a /b\nc /d 301 # e\n/e /f#g 308\n/x/* https://else.example/:splat?y=1#z 307\n/late /b 303"), {
      exact: { "/a": [302, "/b"], "/c": [301, "/d"], "/e": [308, "/f#g"] },
      rules: [["/x/*", 307, "https://else.example/:splat?y=1#z"], ["/late", 303, "/b"]],
    });
    assert.deepEqual(redirects("/ /index.html 200", { html_handling: "none" }), { exact: { "/": [200, "/index.html"] }, rules: [] });
  });

  test("all that is wrong, with its lines", () => {
    assert.deepEqual(
      redirects("/a\n/a /b 301 x\n/a /b 304\n/a b\n/a http://b\nhttps://a/ /b\n/* /index.html 200\n/x/ /x/index\n/a https://b 200\n/a /b\n/a /c\n/*/* /b\n/:a/:a /b"),
      wrong("_redirects",
        "Line 1: a rule is a path, where it leads to, and perhaps a status",
        "Line 2: a rule is a path, where it leads to, and perhaps a status",
        "Line 3: the status is one of 200, 301, 302, 303, 307, 308",
        "Line 4: it has to begin with a slash or with https://",
        "Line 5: it has to begin with a slash or with https://",
        "Line 6: only a path is taken here, no URL with a host",
        "Line 7: this would redirect for ever, as index.html has its place at the folder itself",
        "Line 8: this would redirect for ever, as index.html has its place at the folder itself",
        "Line 9: a rule with status 200 leads to a path of this site",
        "Line 11: there is a rule for this path already",
        "Line 12: there can be one wildcard, which is :splat",
        "Line 13: the placeholder :a is there twice",
      ),
    );
    assert.equal(redirects(`/* /b${"/:splat".repeat(20)}`).rules.length, 1);
    assert.deepEqual(redirects(`\n/* /b${"/:splat".repeat(21)}`), wrong("_redirects", "Line 2: there are more than 20 placeholders to be filled in"));
    const rules = (count, from) => Array.from({ length: count }, (_, i) => `${from(i)} /b\n`).join("");
    assert.equal(Object.keys(redirects(rules(2000, (i) => `/${i}`)).exact).length, 2000);
    assert.deepEqual(redirects(rules(2001, (i) => `/${i}`)), wrong("_redirects", "there are more than 2000 rules without patterns"));
    assert.deepEqual(redirects(rules(101, (i) => `/${i}/*`)), wrong("_redirects", "there are more than 100 rules with patterns, or below one"));
  });

  test("where they lead", () => {
    const to = (text, path) => redirect(redirects(text), new URL(path, "https://site.example/"));
    const back = "/go/* https://site.example/:splat 301";
    assert.equal(to(back, "https://site.example/go//evil.example/x").location, "/evil.example/x", "no other host");
    assert.deepEqual(to("/a/* /b/:splat", "/a/c?d=1"), { status: 302, location: "/b/c?d=1" });
    assert.deepEqual(to("/a/* /b/:splat?own", "/a/c?d=1"), { status: 302, location: "/b/c?own" });
    assert.deepEqual(to("/a/* /:splat", "/a//evil.example/"), { status: 302, location: "/evil.example/" });
    assert.deepEqual(to("/a/:h https://:h.example/", "/a/%5B"), null, "no URL comes of it");
    assert.deepEqual(to("/a /b 200", "/a?x"), { path: "/b" });
    assert.equal(to("/a /b", "/constructor"), null);
  });
});

describe("the configuration", () => {
  const problems = (config, hasWorker = true) => parseConfig(config, hasWorker).problems;

  test("what is not said is as Cloudflare has it", () => {
    assert.deepEqual(parseConfig({}, false), {
      config: { html_handling: "auto-trailing-slash", not_found_handling: "none", headers: [], redirects: { exact: {}, rules: [] } },
      brief: { html_handling: "auto-trailing-slash", not_found_handling: "none", run_worker_first: false },
      problems: [],
    });
    assert.deepEqual(parseConfig({ run_worker_first: ["/api/*", "!/api/docs*"] }, true).brief.run_worker_first, { worker: ["/api/*"], files: ["/api/docs*"] });
  });

  test("what is not known is told by its name", () => {
    assert.match(problems({ base_path: "/docs" })[0], /assets\.config\.base_path is not supported here/);
    assert.deepEqual(problems({ html_handling: "x", not_found_handling: 1 }), [
      "assets.config.html_handling is one of auto-trailing-slash, force-trailing-slash, drop-trailing-slash, none.",
      "assets.config.not_found_handling is one of none, 404-page, single-page-application.",
    ]);
    for (const config of [null, [], "x"]) assert.deepEqual(problems(config), ["assets.config has to be an object."]);
  });

  test("the worker can be first where there is one", () => {
    assert.deepEqual(problems({ run_worker_first: true }, false), ["assets.config.run_worker_first needs a Worker: there is no main_module."]);
    assert.deepEqual(problems({ run_worker_first: false }, false), []);
    const first = (...rules) => problems({ run_worker_first: rules }).map((problem) => problem.replace("assets.config.run_worker_first: ", ""));
    assert.deepEqual(first("/a*", "!/b"), []);
    assert.deepEqual(first(), ["it is true, false, or a list of 1 to 100 patterns."]);
    assert.deepEqual(first(...Array(101).fill("/a")), ["it is true, false, or a list of 1 to 100 patterns."]);
    assert.deepEqual(problems({ run_worker_first: "/a" }), ["assets.config.run_worker_first: it is true, false, or a list of 1 to 100 patterns."]);
    assert.deepEqual(first("!/a"), ["there has to be a pattern without a !."]);
    assert.deepEqual(first("/a", "b", "!c", 1), ['"b" has to begin with / or with !/.', '"!c" has to begin with / or with !/.', "1 has to begin with / or with !/."]);
    assert.deepEqual(first("/a", "/a", "/b/*", "/b/c", `/${"x".repeat(100)}`), [
      `"/${"x".repeat(100)}" is longer than 100 characters.`, '"/a" is there twice.', '"/b/c" is covered by "/b/*".',
    ]);
  });
});
