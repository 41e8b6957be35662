// Before the Worker's own modules: notes the memory of the WebAssembly that they make.
export const memories = [];

const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
	construct(target, given) {
		const instance = Reflect.construct(target, given);
		for (const value of Object.values(instance.exports)) if (value instanceof WebAssembly.Memory) memories.push(value);
		return instance;
	},
});
