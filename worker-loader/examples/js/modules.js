// The modules of a bundle, from the R2 bucket where an upload has put them as JSON.
export async function modulesFrom(env, digest) {
	const bundle = await env.BUNDLES.get(digest);
	if (bundle === null) throw new Error(`There is no bundle ${digest}.`);
	return bundle.json();
}
