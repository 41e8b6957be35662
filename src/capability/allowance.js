// Whether a script may do what it is about to do with what it stores: the quota of its namespace, which Rust knows.
let denied;

/** `asks({ namespace, namespace_id, script, operations, grows }, env, ctx)` gives nothing, or the text of why not. It is Rust's. */
export function enforce(asks) {
	denied = asks;
}

/**
 * Why not so many operations, after which there may be more stored (`grows`): nothing, `{ rate: seconds }` until there may be more, or
 * `{ full: "bytes" or "keys", of: "script" or "namespace", most }`.
 */
export async function deniedTo({ ctx, env }, operations, grows) {
	const { namespace, namespace_id, script } = ctx.props;
	const why = await denied({ namespace, namespace_id, script, operations, grows }, env, ctx);
	// Not where Rust went down meanwhile.
	return typeof why === "string" ? JSON.parse(why) : undefined;
}

/** Why not, in words. */
export const inWords = ({ rate, full, of, most }) => (full === undefined ? `there were enough operations in this minute, and there are more in ${rate} seconds` : `the quota of this ${of} is ${most} ${full}, and they are stored`);
