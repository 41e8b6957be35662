// Attempts to get past the gateway: requests that scripts make, and none of which may arrive. `p` is the port of the origin that
// is there at 127.0.0.1 and [::1], `q` that of another one.

const at = (hosts, rest) => hosts.map((host) => `http://${host}${rest}`);

// 127.0.0.1, as parsers of URLs, of addresses and of text have been seen to write it.
const LOOPBACK = [
  "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F000001", "0x7f.0.0.1", "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.0x0.0.1",
  "017700000001", "00000177.0.0.1", "127.0.0.1.", "127.1.", "127.0.0.001", "127.000.000.001", "127.0.0.0x1", "127.0.01", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
  "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "0x7f%2e1", "%30%78%37%66.1", "127.0.0.1%00", "127.0.0.1%20", "127.0.0.1%09", "12\t7.0.0.1", "127.0.0.1\n", " 127.0.0.1",
  "127.0.0.2", "127.255.255.254", "127.0.0.1.0", "127.0.0.256", "0", "0.0.0.0", "0x0", "00", "0.1", "127.0.0.1.nip%2eio%00",
];
const LOOPBACK_V6 = [
  "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[0000:0000::0001]", "[::]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:7f00:0001]", "[::127.0.0.1]", "[::7f00:1]",
  "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fe80::5efe:7f00:1]",
  "[2606:4700::5efe:127.0.0.1]", "[::1%25lo]", "[::1%lo]", "[%3a%3a1]", "[::１]", "[fec0::1]", "[ff02::1]",
];
const LOCAL_NAMES = [
  "localhost", "LOCALHOST", "localhost.", "LocalHost%2e", "loc%61lhost", "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "l\u00adocalhost", "l\u200bocalhost", "localhost%00", "local\thost", "a.localhost", "a.b.localhost.", "localhost.localdomain", "ip6-localhost", "loopback",
  "host.docker.internal", "gateway.docker.internal", "nas.local", "router.lan", "x.home.arpa", "intranet",
];
const METADATA = [
  "169.254.169.254", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "0251.254.169.254", "１６９.２５４.１６９.２５４", "169。254。169。254", "169.254.169.254.", "%31%36%39.254.169.254",
  "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192",
  "metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data", "kubernetes.default.svc.cluster.local",
];
const PRIVATE = [
  "10.0.0.1", "10.1", "167772161", "0x0a000001", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1", "3232235521", "0xc0a80001", "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
  "[fc00::1]", "[fdff::1]", "[2001:db8::1]", "[100::1]", "[3fff::1]", "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]",
];

/** For a script that may go to all that is of no inner network, on any of these ports. */
export const inside = (p) => [
  ...at(LOOPBACK, `:${p}/v1/`), ...at(LOOPBACK_V6, `:${p}/v1/`), ...at(LOCAL_NAMES, `:${p}/v1/`), ...at([...METADATA, ...PRIVATE], "/latest/meta-data/"),
  ...at(["u:p@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1", "example.com%40127.0.0.1", "example.com\\@127.0.0.1"], `:${p}/v1/`),
  `http:\\\\127.0.0.1:${p}\\v1\\`, `http:127.0.0.1:${p}/v1/`, `HTTP://127.0.0.1:${p}/v1/`, `http:///127.0.0.1:${p}/v1/`, `http:/127.0.0.1:${p}/v1/`, `\u0000http://127.0.0.1:${p}/`, `\thttp://127.0.0.1:${p}/v1/`,
  `https://127.0.0.1:${p}/`, `ws://127.0.0.1:${p}/v1/`, `wss://127.0.0.1:${p}/v1/`, `ftp://127.0.0.1:${p}/`, `gopher://127.0.0.1:${p}/_GET`, "file:///etc/passwd", "javascript:1", "blob:http://127.0.0.1/1", "about:blank",
];

/** For a script that may `GET http://localhost:{p}/v1/...`. */
export const beside = (p, q) => [
  // Another host.
  ...at(LOOPBACK, `:${p}/v1/`), ...at(LOOPBACK_V6, `:${p}/v1/`),
  ...at([`localhost:${p}@127.0.0.1`, `localhost%40127.0.0.1`, `localhost:${p}\\@127.0.0.1`, "xlocalhost", "localhost.example", "a.localhost", "localhost-", "localhos", "localhost.."], `:${p}/v1/`),
  `http://127.0.0.1:${p}#@localhost:${p}/v1/`, `http://127.0.0.1:${p}?@localhost:${p}/v1/`, `http://127.0.0.1:${p}\\@localhost:${p}/v1/`, `http://127.0.0.1:${p}/@localhost:${p}/v1/`, `http://127.0.0.1:${p};localhost:${p}/v1/`,
  // Another port.
  `http://localhost:${q}/v1/`, "http://localhost/v1/", "http://localhost:80/v1/", "http://localhost:443/v1/", `http://localhost:${p + 65536}/v1/`, `http://localhost:${q}#:${p}/v1/`, `http://localhost:${p}0/v1/`,
  // Another scheme.
  `https://localhost:${p}/v1/`, `wss://localhost:${p}/v1/`, `ftp://localhost:${p}/v1/`,
  // Another path.
  ...["/", "/v1", "/V1/", "/v2/", "//v1/", "/v10", "/v1%2f", "/v1%2fadmin", "/%76%31/", "/admin?x=/v1/", "/?/v1/", "/#/v1/", "/;/v1/", "/v1;/admin", "/v1/../admin", "/v1/./../admin", "/v1/a/../../admin", "/v1/%2e%2e/admin", "/v1/%2E%2e/admin", "/v1/.%2e/admin", "/v1/..%2fadmin",
    "/v1/..%2Fadmin", "/v1/..%5cadmin", "/v1/..\\admin", "/v1\\..\\admin", "\\v1\\..\\admin", "/v1/%252e%252e%252fadmin", "/v1/%25252e%25252e%25252fadmin", "/v1/..;/admin", "/v1/..;a=b/admin", "/v1/%2e%2e;/admin", "/v1/%2e%2e%3b/admin", "/v1/a%2f..%2f..%2fadmin", "/v1/a%5c..%5c..%5cadmin",
    "/v1/%00", "/v1/%2e%2e%00/admin", "/v1/\t../admin", "/v1/.\n./admin", "/v1/%c0%ae%c0%ae/../../admin"].map((path) => `http://localhost:${p}${path}`),
  // Another method.
  ...["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "post", "PoSt", "TRACE", "CONNECT", "PROPFIND", "GET\r\nX: y", "G\tET"].map((method) => [`http://localhost:${p}/v1/`, { method }]),
  // By what is allowed: each hop is looked at. The first arrives.
  ...[301, 302, 303, 307, 308].map((status) => `http://localhost:${p}/v1/redirect?status=${status}&to=${encodeURIComponent(`http://127.0.0.1:${p}/v1/`)}`),
  ...[`http://[::1]:${p}/v1/`, `http://2130706433:${p}/v1/`, "http://169.254.169.254/latest/meta-data/", `//127.0.0.1:${p}/v1/`, `\\\\127.0.0.1:${p}/v1/`, `http://localhost:${q}/v1/`, "/admin", "../admin", "/v1/..%2fadmin", "..%2fadmin", 
    `http://localhost:${p}@127.0.0.1:${p}/v1/`, `https://localhost:${p}/v1/`, "file:///etc/passwd", `ftp://localhost:${p}/v1/`, `http://localhost:${p}/v1/redirect?to=${encodeURIComponent("/admin")}`,
    `http://localhost:${p}/v1/redirect?to=${encodeURIComponent(`http://localhost:${p}/v1/redirect?to=${encodeURIComponent(`http://127.0.0.1:${p}/`)}`)}`,
  ].map((to) => `http://localhost:${p}/v1/redirect?to=${encodeURIComponent(to)}`),
];
