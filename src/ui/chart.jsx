// A line for each of some numbers over time, and the same as a table for whoever does not see it.

const WIDTH = 600;
const HEIGHT = 130;
const LEFT = 4;

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** `lines` are `{ name, values }`, a value for each of `times`, in milliseconds since 1970; null where there is none. */
export function Chart({ title, times, lines, format }) {
  const most = Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0)), 0);
  const top = nice(most);
  const x = (at) => LEFT + (at * (WIDTH - LEFT)) / Math.max(1, times.length - 1);
  const y = (value) => HEIGHT - (value * HEIGHT) / top;
  return (
    <figure class="chart panel">
      <figcaption>
        {title}
        {lines.map(({ name }, at) => <span key={name} class={`key s${at}`}>{name}</span>)}
      </figcaption>
      <svg viewBox={`0 -12 ${WIDTH} ${HEIGHT + 30}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${lines.map(({ name, values }) => `${name} ${format(values.at(-1) ?? 0)} at last, ${format(Math.max(0, ...values.map((value) => value ?? 0)))} at most`).join("; ")}`}>
        {[0, 0.5, 1].map((share) => <line key={share} class="grid-line" x1="0" x2={WIDTH} y1={y(top * share)} y2={y(top * share)} vector-effect="non-scaling-stroke" />)}
        {lines.map(({ name, values }, at) => <path key={name} class={`s${at}`} d={drawn(values, x, y)} />)}
      </svg>
      <div class="row end soft"><small>{times.length > 0 && hour.format(times[0])}</small><small>{`0 to ${format(top)}`}</small><small>{times.length > 0 && hour.format(times.at(-1))}</small></div>
    </figure>
  );
}

function drawn(values, x, y) {
  let path = "";
  let pen = "M";
  values.forEach((value, at) => {
    if (value === null) {
      pen = "M";
      return;
    }
    // Of one that stands alone a dot is drawn.
    path += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
  });
  return path;
}

// The next of 1, 2, 5, 10, …
function nice(most) {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * [1, 2, 5, 10].find((step) => most <= step * power);
}
