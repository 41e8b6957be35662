// The words that schemas are written in (JSON Schema 2020-12, as OpenAPI 3.1 has it).

export const text = (more) => ({ type: "string", ...more });
export const flag = { type: "boolean" };
export const none = { type: "null" };
export const any = {};

/** A text of so many characters. */
export const short = (maxLength, minLength = 0, more) => ({ type: "string", ...(minLength && { minLength }), maxLength, ...more });
/** A whole number of this range. */
export const whole = (minimum = 0, maximum = undefined, more) => ({ type: "integer", minimum, ...(maximum !== undefined && { maximum }), ...more });
export const number = (more) => ({ type: "number", ...more });
export const word = (...words) => ({ type: "string", enum: words });
export const list = (items, more) => ({ type: "array", items, ...more });
export const map = (values, more) => ({ type: "object", additionalProperties: values, ...more });
export const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
export const either = (...schemas) => ({ anyOf: schemas });

/** That, or null. */
export const maybe = (schema) =>
	typeof schema.type === "string" && !schema.enum && !schema.const ? { ...schema, type: [schema.type, "null"] } : either(schema, none);

/** An object with all of these, and no others: what we answer. */
export const told = (properties, more) => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false, ...more });

/** An object with some of these, and no others: what we take. `required` are those that have to be there. */
export const taken = (properties, required = [], more = {}) => ({ type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false, ...more });

/** The same, where fields that are not known are passed over. */
export const loose = (properties, required = [], more = {}) => ({ type: "object", properties, ...(required.length > 0 && { required }), ...more });

/** An object with these fields, `optional` ones among them. */
export const partly = (properties, optional) => ({ ...told(properties), required: Object.keys(properties).filter((name) => !optional.includes(name)) });

// What is everywhere.
export const NAME = "^[a-z0-9_-]{1,63}$";
export const name = text({ pattern: NAME });
export const id = text({ format: "uuid" });
export const time = text({ format: "date-time" });
export const digest = text({ pattern: "^[0-9a-f]{64}$" });
