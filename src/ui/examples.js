// Scripts to begin with: one for each thing that dynamic workers are for.

export const EXAMPLES = {
  "Hello": `export default {
  async fetch(request, env) {
    console.log("asked for", request.url);
    return new Response("Hello from a dynamic worker!\\n");
  },
};
`,
  "Tenant": `// A tenant's own code, with what it is set to. Save it as tenant/NAME's neighbour, or try it here.
const settings = { plan: "pro", theme: "dark" };

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/settings") return Response.json(settings);
    return new Response(\`This is a tenant on the plan \${settings.plan}.\\n\`);
  },
};
`,
  "Feature flag": `// Who gets a feature: by plan, and then a share of the users, always the same ones.
const flag = { plans: ["enterprise"], percent: 25 };

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const user = searchParams.get("user") ?? "anonymous";
    if (flag.plans.includes(searchParams.get("plan"))) return Response.json({ on: true, why: "plan" });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(user)));
    const point = ((digest[0] << 8) | digest[1]) % 100;
    return Response.json({ on: point < flag.percent, why: \`point \${point} of 100\` });
  },
};
`,
  "A/B test": `// One of two pages, the same for the same visitor.
export default {
  async fetch(request) {
    const cookie = /variant=(\\w+)/.exec(request.headers.get("cookie") ?? "")?.[1];
    const variant = cookie ?? (Math.random() < 0.5 ? "blue" : "green");
    console.log("variant", variant);
    return new Response(\`<h1 style="color: \${variant}">Buy it</h1>\`, {
      headers: { "content-type": "text/html", "set-cookie": \`variant=\${variant}; Path=/\` },
    });
  },
};
`,
  "Plugin": `// What stands before an application: looks at the request, and at the answer.
const application = async (request) => new Response(\`The application got \${request.method}.\\n\`);

const plugins = [
  { request: (request) => (request.headers.get("x-blocked") ? new Response("No.", { status: 403 }) : request) },
  { response: (response) => (response.headers.set("x-signed-by", "a plugin"), response) },
];

export default {
  async fetch(request) {
    for (const { request: hook } of plugins) {
      const next = hook?.(request) ?? request;
      if (next instanceof Response) return next;
      request = next;
    }
    let response = await application(request);
    for (const { response: hook } of plugins) response = hook?.(response) ?? response;
    return response;
  },
};
`,
  "Service": `// What other scripts call by RPC: they have it as a binding, { type: "service", service: "NAME" }.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  add(a, b) {
    return a + b;
  }
  async fetch() {
    return Response.json({ two_and_three: this.add(2, 3) });
  }
}
`,
  "Job": `// A function over a list of inputs: what POST /job runs, an isolate for each.
const map = (n) => n * n;
const inputs = [1, 2, 3, 4];

export default {
  async fetch() {
    return Response.json(inputs.map((input) => ({ input, output: map(input) })));
  },
};
`,
  "Tunnel": `// A proxy to one origin. Here nothing goes out, and the call says so; as a script its outbound policy lets it.
const origin = "https://example.com";

export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    try {
      return await fetch(new URL(pathname + search, origin), request);
    } catch (error) {
      console.warn("not let out:", error.message);
      return new Response("The origin cannot be reached from here.\\n", { status: 502 });
    }
  },
};
`,
};
