// Where scripts may go, and the secrets of that: src/api/outbound.rs.

import { NAMESPACE, SCRIPT } from "./namespaces.js";
import { control, json, result } from "./call.js";
import { either, flag, list, map, maybe, ref, short, taken, text, time, told, whole, word } from "./schema.js";

const name = text({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$" });
const secret = told({ name });
const sent = json({ ...taken({ name, text: text({ pattern: "^[!-~]([ -~]{0,4094}[!-~])?$" }) }, ["name", "text"]), additionalProperties: true }, { name: "API_KEY", text: "s3cr3t" });

const calls = (path, whose) => ({
	[`${path}/outbound/secrets`]: {
		get: control(`list${whose}OutboundSecrets`, "The secrets that rules put into requests: their names.", { ok: result(list(secret)) }),
		put: control(`put${whose}OutboundSecret`, "Sets a secret that rules put into requests.", { body: sent, ok: result(secret), also: [413] }),
	},
	[`${path}/outbound/secrets/{item}`]: {
		delete: control(`delete${whose}OutboundSecret`, "Deletes one."),
	},
});

const told_ = maybe(text());

export const paths = {
	...calls(NAMESPACE, "Namespace"),
	...calls(SCRIPT, ""),
	[`${SCRIPT}/outbound/audit`]: {
		get: control("getOutboundAudit", "Which requests of the script were let out and which not, and how often.", {
			ok: result(told({ requests: list(told({ decision: told_, code: told_, policy: told_, rule: told_, host: told_, method: told_, count: whole(1), first_on: time, last_on: time })) })),
		}),
		delete: control("clearOutboundAudit", "Begins that anew."),
	},
};

const host = short(253, 1);

export const schemas = {
	Outbound: either(word("block", "inherit"), taken({ rules: list(ref("Rule"), { maxItems: 100 }), dry_run: maybe(flag) }, ["rules"])),
	Rule: taken({
		host, methods: maybe(list(text({ pattern: "^[A-Z-]{1,20}$", not: { const: "CONNECT" } }), { minItems: 1, maxItems: 20 })), path_prefix: maybe(text({ pattern: "^/[A-Za-z0-9/_-]*$", maxLength: 500 })),
		ports: maybe(list(whole(1, 65_535), { minItems: 1, maxItems: 50 })), scheme: maybe(word("https", "http")), per_minute: maybe(whole(1, 1e6)), response_bytes: maybe(whole(0, 2 ** 40)), name: maybe(short(100, 1)),
		headers: maybe(map(taken({ secret: name, prefix: maybe(text()) }, ["secret"]), { maxProperties: 10 })),
	}, ["host"], { description: "`host` is a name, an address, `*.NAME` or `*`.", example: { host: "api.example.com", methods: ["GET"] } }),
};
