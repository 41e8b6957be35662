export default { fetch: (request, env, ctx) => new Response(`Hello, ${ctx.props.name}!\n`) };
