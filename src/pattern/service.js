// What a service does that brings no code of its own: it tells what it is, and passes on what is for another one that it has.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
	fetch(request) {
		const { NAME: service, CONFIG: config, SERVICES: services } = this.env;
		const { pathname } = new URL(request.url);
		const [, first, ...rest] = pathname.split("/");
		if (first === "") return Response.json({ service, config, services });
		if (services.includes(first)) return this.env[first].fetch(new Request(new URL(`/${rest.join("/")}`, request.url), request));
		return Response.json({ error: { code: "not_found", message: `${service} has nothing at ${pathname}.` } }, { status: 404 });
	}

	config() {
		return this.env.CONFIG;
	}
}
