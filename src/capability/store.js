// Where what a script stores is: an object, or a place in the bucket, for each life of a script and each name that it gives to a store.
// So two scripts never meet, whatever they call theirs, and a script that is made anew finds nothing of the one before.

/** The name of the store that an entrypoint's props are about. */
export function nameOf({ ctx }, kind) {
	const { namespace_id, script, incarnation, id } = ctx.props;
	if (typeof incarnation !== "string") throw new Error("Nothing is stored while a script is tried.");
	return [namespace_id, script, incarnation, kind, id].join("/");
}

/** Its object, by this binding of the host's. */
export const storeOf = (entrypoint, binding, kind) => entrypoint.env[binding].getByName(nameOf(entrypoint, kind));
