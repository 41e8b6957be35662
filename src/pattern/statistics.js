// What the counts of a test say. Pure.

// The 97.5 % point of the normal distribution: intervals of 95 %.
const Z = 1.959963984540054;

/** Wilson's score interval of a proportion. It holds for small numbers and for rates near 0 and 1, too. */
export function wilson(hits, of) {
	if (of === 0) return { rate: null, low: 0, high: 1 };
	const rate = hits / of;
	const square = Z * Z;
	const middle = rate + square / (2 * of);
	const reach = Z * Math.sqrt((rate * (1 - rate) + square / (4 * of)) / of);
	const whole = 1 + square / of;
	return { rate, low: hits === 0 ? 0 : (middle - reach) / whole, high: hits === of ? 1 : (middle + reach) / whole };
}

/** Newcombe's interval (1998, method 10) of the difference a - b of two proportions, each `{ hits, of }`. */
export function difference(a, b) {
	if (a.of === 0 || b.of === 0) return { estimate: null, low: -1, high: 1 };
	const [one, other] = [wilson(a.hits, a.of), wilson(b.hits, b.of)];
	const estimate = one.rate - other.rate;
	return {
		estimate,
		low: estimate - Math.hypot(one.rate - one.low, other.high - other.rate),
		high: estimate + Math.hypot(one.high - one.rate, other.rate - other.low),
	};
}

/** The result of variants, `{ name, exposures, conversions }` each; the first is what the others are compared with. */
export function result(variants) {
	const counts = (variant) => ({ hits: variant.conversions, of: variant.exposures });
	const seen = variants.filter(({ exposures }) => exposures > 0);
	const rate = ({ exposures, conversions }) => conversions / exposures;
	const best = seen.length > 0 ? seen.reduce((best, variant) => (rate(variant) > rate(best) ? variant : best)) : undefined;
	const leads = best !== undefined && !variants.some((other) => other !== best && other.exposures > 0 && rate(other) === rate(best));
	const apart = leads && variants.length > 1 && variants.every((other) => other === best || difference(counts(best), counts(other)).low > 0);
	return {
		variants: variants.map((variant, at) => {
			const { rate, low, high } = wilson(variant.conversions, variant.exposures);
			const told = { ...variant, rate, interval: [low, high] };
			if (at === 0) return told;
			const { estimate, low: least, high: most } = difference(counts(variant), counts(variants[0]));
			return { ...told, difference: { to: variants[0].name, estimate, interval: [least, most] } };
		}),
		confidence: 0.95,
		leader: leads ? best.name : null,
		// Whether the leader's rate is above each other one, at this confidence.
		significant: apart,
	};
}
