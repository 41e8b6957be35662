// Which object has what a script stores: one for each life of a script and each name that it gives to a store. So two scripts
// never meet, whatever they call theirs, and a script that is made anew finds nothing of the one before.
export function storeOf({ env, ctx }, binding, kind) {
	const { namespace_id, script, incarnation, id } = ctx.props;
	if (typeof incarnation !== "string") throw new Error("Nothing is stored while a script is tried.");
	return env[binding].getByName([namespace_id, script, incarnation, kind, id].join("/"));
}
