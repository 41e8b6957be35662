// What is compared: sites, and requests to each.

const page = (name) => `<h1>${name}</h1>\n`;
const FILES = Object.fromEntries([
  "/index.html", "/about.html", "/docs/index.html", "/docs/guide.html", "/both.html", "/both/index.html", "/index/index.html",
  "/404.html", "/docs/404.html", "/a b.html", "/ü.html", "/[x].html", "/a@b.html", "/100%.html", "/%5Bx%5D.html", "/.well-known/x.json",
  "/style.css", "/app.js", "/logo.svg", "/data", "/data.bin", "/plain/index", "/deep/er/index.html", "/deep/er.html", "/folder.html/index.html",
  "/index.html.html", "/docs.txt", "/name.with.dots.html", "/a(b)!'*~.html", "/empty.txt", "/semi;colon=a,b.html", "/$&+.html",
].map((path) => [path, path === "/empty.txt" ? "" : page(path)]));

const PATHS = [
  "/", "/index", "/index.html", "/index.html.html", "/index/", "/index/index", "/index/index.html", "/about", "/about/", "/about.html", "/about/index", "/about/index.html",
  "/docs", "/docs/", "/docs/index", "/docs/index.html", "/docs.html", "/docs/guide", "/docs/guide/", "/docs/guide.html", "/docs/guide/index.html",
  "/both", "/both/", "/both.html", "/both/index", "/both/index.html", "/plain", "/plain/", "/plain/index", "/plain/index.html",
  "/deep/er", "/deep/er/", "/deep/er.html", "/deep", "/deep/", "/folder", "/folder.html", "/folder.html/", "/folder/",
  "/style.css", "/app.js", "/logo.svg", "/data", "/data/", "/data.html", "/data.bin", "/.well-known/x.json", "/docs.txt", "/name.with.dots", "/name.with.dots.html", "/empty.txt",
  "/404", "/404.html", "/404/", "/docs/404", "/nothing", "/nothing/", "/nothing.html", "/docs/nothing", "/docs/nothing/at/all", "/nothing/index.html", "/nothing/index",
  "/a%20b", "/a%20b.html", "/%C3%BC", "/%c3%bc", "/%C3%BC.html", "/[x]", "/%5Bx%5D", "/%5bx%5d", "/%255Bx%255D", "/a@b", "/a%40b", "/100%", "/100%25", "/100%25.html",
  "/a(b)!'*~", "/a%28b%29!'*~", "/semi;colon=a,b", "/semi%3Bcolon%3Da%2Cb", "/$&+", "/%24%26%2B", "/nothing@at",
  "//", "//about", "/about//", "/docs//guide", "///docs///guide.html", "/docs%2Fguide", "/%2Fabout", "/%2F%2Fevil.example", "//evil.example/", "/%5Cevil.example", "/docs/..%2fabout",
  "/docs/../about", "/docs/./guide", "/docs/%2e%2e/about", "/%zz", "/%", "/about%", "/%E0%A4%A", "/%00", "/about?x=1&y", "/about.html?x=1", "/docs?", "/docs?a=/b", "/?", "/index.html?q#f",
  "/ABOUT", "/about.HTML", "/constructor", "/__proto__", "/toString",
];
const gets = PATHS.map((path) => ({ path }));
const METHODS = ["/", "/about", "/docs", "/nothing", "/style.css", "/about.html"].flatMap((path) => [
  ...["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].map((method) => ({ path, method, body: method === "POST" ? "abc" : undefined })),
  { path, headers: { authorization: "Basic eA==" } },
  { path, headers: { range: "bytes=0-3" } },
  // Theirs knows no star and no list: `instead` is what has the same answer there.
  { path, known: () => "*", instead: (etag, status) => (status === 200 ? etag : '"none"') },
  { path, known: (etag) => etag },
  { path, known: (etag) => `W/${etag}` },
  { path, known: (etag) => `"x", ${etag}`, instead: (etag) => etag },
  { path, known: (etag) => `"x,y" , W/${etag}`, instead: (etag) => etag, method: "HEAD" },
  { path, known: (etag) => etag, method: "HEAD" },
  { path, known: (etag) => etag, headers: { authorization: "Basic eA==" } },
  { path, headers: { "sec-fetch-mode": "navigate" } },
  { path, headers: { "sec-fetch-mode": "cors" } },
  { path, headers: { "sec-fetch-mode": "navigate" }, method: "HEAD" },
  { path, headers: { "sec-fetch-mode": "navigate" }, method: "POST", body: "x" },
  { path, headers: { "accept-encoding": "gzip, br" } },
  { path, headers: { cookie: "a=b", accept: "text/html" } },
]);
const all = [...gets, ...METHODS];
const FEW = [...["/", "/about", "/about/", "/about.html", "/docs", "/nothing", "/docs/nothing", "/api", "/api/x", "/api/files/y", "/style.css", "/nothing@at", "/nothing?q"].map((path) => ({ path })), ...METHODS];
const { "/404.html": _, "/docs/404.html": __, ...NO_404 } = FILES;
const { "/index.html": ___, ...NO_INDEX } = FILES;

const THROUGH = ["/through/about", "/through/about.html", "/through/nothing", "/through/", "/through/docs?x=1"].flatMap((path) => [{ path }, { path, method: "HEAD" }, { path, method: "POST", body: "b" }, { path, headers: { "sec-fetch-mode": "navigate" } }]);

/** The host that all is asked at, `SITE.HOST`. */
export const HOST = "tenants.localhost";

const HEADERS = `
# comment
/*
  X-All: yes
  X-Twice: one
/about
  X-Twice: two
  x-twice: three
  Cache-Control: public, max-age=60
  ! ETag
/docs/:page
  X-Page: :page is :page, not :pages
  Link: </style.css>; rel=preload
/files/*
  X-Splat: [:splat]
  ! X-All
  X-All: again
https://rules.${HOST}/style.css
  X-Host: with host
https://:sub.${HOST}/app.js
  X-Sub: :sub
https://other.example/*
  X-Other: never
/a%20b
  X-Encoded: yes
/ü
  X-Unicode: yes
/logo.svg
  Content-Type: text/plain
  ! Cache-Control
/nothing
  X-Missing: here too
  Location: /elsewhere
/old
  X-Redirected: yes
/docs/:a-:b.txt
  X-Dash: :a and :b
`;
const REDIRECTS = `
/old /about
/old2 /about 301   # a comment
/old3 /about#part 303
/old4 /about?own=1 307
/old5 https://else.example/x?y=1#z 308
/old6 https://else.example/x 302
old7 /about
/trail/ /about
/index.html /moved
/%C3%BCber /about 301
/proxy /about 200
/proxy-missing /nothing 200
/proxy-html /about.html 200
/self //rules.${HOST}/x
/static-before-splat /about 301
/blog/* /docs/:splat
/users/:id/posts/:post /people?user=:id&post=:post 301
/ext/* https://else.example/:splat 301
/rewrite/:name /:name 200
/slashes/* //:splat
/style.css /app.js 302
/late /about 301
/sp/:a/x/* /:splat/:a 302
`;
const RULED = [
  "/", "/about", "/about.html", "/docs/guide", "/docs/guide.html", "/files/a/b", "/files/", "/files", "/style.css", "/app.js", "/a%20b", "/%C3%BC", "/logo.svg", "/nothing", "/docs/1-2-3.txt", "/docs/x-.txt",
  "/old", "/old?q=1", "/old2?q", "/old3?q=1", "/old4?q=1", "/old5?q=1", "/old6?q=1", "/old7", "/trail/", "/trail", "/index.html", "/%C3%BCber", "/proxy", "/proxy?x=1", "/proxy-missing", "/proxy-html", "/self",
  "/blog/guide", "/blog/guide?x=1", "/blog/", "/blog", "/blog/a/b//c", "/users/7/posts/a%20b", "/users/7/posts/", "/users/:id/posts/:splat?z=1", "/ext/a/b?c=d", "/ext/", "/rewrite/about", "/rewrite/nothing", "/rewrite/docs", "/rewrite/%61bout",
  "/slashes/evil.example", "/slashes//evil.example/", "/slashes/%2F/evil.example", "/late", "/sp/1/x/2/3", "/sp//x/", "/static-before-splat",
].flatMap((path) => [{ path }, { path, method: "HEAD" }, { path, method: "POST", body: "x" }, { path, known: (etag) => etag }]);

export const SITES = {};
for (const html_handling of ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"]) {
  SITES[`${html_handling}, files alone`] = { files: FILES, config: { html_handling }, requests: all };
  SITES[`${html_handling}, 404 pages`] = { files: FILES, config: { html_handling, not_found_handling: "404-page" }, requests: gets };
  SITES[`${html_handling}, single page, no index beside`] = { files: NO_404, config: { html_handling, not_found_handling: "single-page-application" }, requests: gets };
}
Object.assign(SITES, {
  "nothing set": { files: FILES, requests: FEW },
  "404 page, methods": { files: FILES, config: { not_found_handling: "404-page" }, requests: FEW },
  "404 page without one": { files: NO_404, config: { not_found_handling: "404-page" }, requests: FEW },
  "single page, methods": { files: FILES, config: { not_found_handling: "single-page-application" }, requests: FEW },
  "single page without one": { files: NO_INDEX, config: { not_found_handling: "single-page-application" }, requests: FEW },
  "with a worker": { files: FILES, worker: true, requests: [...FEW, ...THROUGH] },
  "with a worker, 404 page": { files: FILES, config: { not_found_handling: "404-page" }, worker: true, requests: [...FEW, ...THROUGH] },
  "with a worker, single page": { files: FILES, config: { not_found_handling: "single-page-application" }, worker: true, requests: [...FEW, ...THROUGH] },
  "with a worker, single page, of before 2025-04-01": { files: FILES, config: { not_found_handling: "single-page-application" }, worker: true, date: "2025-03-31", requests: FEW },
  "with a worker, single page, flag off": { files: FILES, config: { not_found_handling: "single-page-application" }, worker: true, flags: ["assets_navigation_has_no_effect"], requests: FEW },
  "with a worker, single page, flag on": { files: FILES, config: { not_found_handling: "single-page-application" }, worker: true, date: "2025-03-31", flags: ["assets_navigation_prefers_asset_serving"], requests: FEW },
  "the worker first": { files: FILES, config: { run_worker_first: true }, worker: true, requests: [...FEW, ...THROUGH] },
  "the worker first, by rules": { files: FILES, config: { run_worker_first: ["/api/*", "/about", "!/api/files/*"], not_found_handling: "404-page" }, worker: true, requests: [...FEW, ...THROUGH] },
  "the worker first, for all but some": { files: FILES, config: { run_worker_first: ["/*", "!/style.css", "!/docs*"], not_found_handling: "single-page-application" }, worker: true, requests: [...FEW, ...THROUGH] },
  // Of this name, which stands in the rules.
  rules: { files: FILES, rules: { _headers: HEADERS, _redirects: REDIRECTS }, requests: RULED },
  "rules, 404 page": { files: FILES, config: { not_found_handling: "404-page" }, rules: { _headers: HEADERS, _redirects: REDIRECTS }, requests: RULED },
  "rules, no html handling": { files: FILES, config: { html_handling: "none" }, rules: { _headers: HEADERS, _redirects: `${REDIRECTS}\n/x/ /index.html 200\n` }, requests: [...RULED, { path: "/x/" }] },
  "rules, with a worker": { files: FILES, worker: true, rules: { _headers: HEADERS, _redirects: REDIRECTS }, requests: RULED },
});
