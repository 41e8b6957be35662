// A request to a script that has files: its files answer, or its worker.
import { matchesAny } from "./pattern.js";
import { answer, decide } from "./serve.js";
import { site } from "./site.js";

/** What `route` has to know of a version, or null where it has no files. Made once, not for each request. */
export function served({ assets, compatibility_date, compatibility_flags }) {
	if (!assets) return null;
	const has = (flag) => (compatibility_flags ?? []).includes(flag);
	// Compatibility flags of the files, which the runtime knows of and does nothing about.
	const navigation = has("assets_navigation_prefers_asset_serving")
		|| (compatibility_date >= "2025-04-01" && !has("assets_navigation_has_no_effect"));
	return { manifest: assets.manifest, first: assets.config.run_worker_first, navigation };
}

/** Serves a request; `runWorker(request)` is null where the version has no worker. */
export async function route(bucket, { manifest, first, navigation }, request, runWorker) {
	const url = new URL(request.url);
	const byRule = runWorker && first && first !== true;
	const toFiles = byRule && matchesAny(first.files, url.pathname);
	if (runWorker && !toFiles && (first === true || (byRule && matchesAny(first.worker, url.pathname)))) return runWorker(request);
	const files = await site(bucket, manifest);
	// A path that is not there is the worker's, unless the files were asked for: by rules, or by a browser going to a page.
	const ours = !runWorker || byRule || (navigation && request.headers.get("sec-fetch-mode") === "navigate");
	const decision = decide(files, request.method, url, ours ? undefined : "none");
	return decision || !runWorker || toFiles ? answer(files, bucket, request, url, decision) : runWorker(request);
}
