// Which file answers a path: Cloudflare's html_handling and not_found_handling, as they are documented.

// What is tried, by what a path ends with (`base` is what comes before that), and then, under "", for any path. `[file]`
// is served here; `[file, place]` says that the file belongs to another place.
const HTML = {
	"auto-trailing-slash": {
		"/index": (base) => [[`${base}/index`], [`${base}/index.html`, `${base}/`], [`${base}.html`, base]],
		"/index.html": (base) => [[`${base}/index.html`, `${base}/`], [`${base}.html`, base]],
		"/": (base) => [[`${base}/index.html`], [`${base}.html`, base]],
		".html": (base) => [[`${base}.html`, base], [`${base}/index.html`, `${base}/`]],
		"": (path) => [[path], [`${path}.html`], [`${path}/index.html`, `${path}/`]],
	},
	"force-trailing-slash": {
		"/index": (base) => [[`${base}/index`], [`${base}/index.html`, `${base}/`], [`${base}.html`, `${base}/`]],
		"/index.html": (base) => [[`${base}/index.html`, `${base}/`], [`${base}.html`, `${base}/`]],
		"/": (base) => [[`${base}/index.html`], [`${base}.html`]],
		".html": (base) => [[`${base}.html`, `${base}/`], [`${base}.html`], [`${base}/index.html`, `${base}/`]],
		"": (path) => [[path], [`${path}.html`, `${path}/`], [`${path}/index.html`, `${path}/`]],
	},
	"drop-trailing-slash": {
		"/index": (base) => [[`${base}/index`], [`${base}.html`, base], [`${base}/index.html`, base || "/"]],
		"/index.html": (base) => [[`${base}/index.html`, base || "/"], [`${base}/index.html`], [`${base}.html`, base]],
		"/": (base) => (base ? [[`${base}.html`, base], [`${base}/index.html`, base]] : [["/index.html"]]),
		".html": (base) => [[`${base}.html`, base], [`${base}/index.html`, base]],
		"": (path) => [[path], [`${path}.html`], [`${path}/index.html`]],
	},
	none: { "": (path) => [[path]] },
};

const MISSING = {
	none: () => null,
	"single-page-application": ({ files }) => (files["/index.html"] ? { file: files["/index.html"], status: 200 } : null),
	// The nearest one, from the path's own folder upwards.
	"404-page"({ files, notFound }, path) {
		const folder = notFound.find((folder) => path.startsWith(`${folder}/`));
		return folder === undefined ? null : { file: files[`${folder}/404.html`], status: 404 };
	},
};

const ENDINGS = ["/index", "/index.html", "/", ".html"];

function steps(path, handling) {
	const ending = ENDINGS.find((ending) => handling[ending] && path.endsWith(ending));
	const first = ending ? handling[ending](path.slice(0, -ending.length)) : [];
	return [...first, ...handling[""](path)];
}

/**
 * What answers a decoded path: `{ file, status }`, `{ place }` to be redirected to, or null. `settled`: without redirects.
 */
export function page(site, missing, path, settled = false) {
	const { files, config } = site;
	for (const [name, place] of steps(path, HTML[config.html_handling])) {
		const file = files[name];
		if (!file) continue;
		if (place === undefined) return { file, status: 200 };
		// Only to where that very content is served, or the redirect would lead elsewhere, or nowhere.
		if (!settled && !files[place] && page(site, missing, place, true)?.file[0] === file[0]) return { place };
	}
	return MISSING[missing](site, path);
}
