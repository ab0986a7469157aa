// A sparkline: the last values of a series as an SVG path, drawn by hand.

const HEIGHT = 42;
const POINTS = 120;
const FIRST = 20;

/** Makes a series that keeps the last 120 values and draws them into `svg`; null leaves a gap at the start.
 * The scale runs from `min` to the largest value seen in the window, or to `max` when that is given. */
export function sparkline(svg, { min = 0, max } = {}) {
  const values = [];
  const area = svg.appendChild(path('area'));
  const line = svg.appendChild(path('line'));
  return (value) => {
    if (value === null && values.length === 0) return;
    values.push(value ?? values.at(-1));
    if (values.length > POINTS) values.shift();
    const width = svg.clientWidth;
    const top = max ?? Math.max(...values) * 1.25;
    const scale = top > min ? (HEIGHT - 4) / (top - min) : 0;
    // A young series is drawn wide: its first points soon fill the width.
    const step = width / (Math.max(values.length, FIRST) - 1);
    const start = width - (values.length - 1) * step;
    const points = values.map(
      (v, i) => `${(start + i * step).toFixed(1)},${(HEIGHT - 2 - (v - min) * scale).toFixed(1)}`,
    );
    const run = `M${points.join('L')}`;
    line.setAttribute('d', run);
    area.setAttribute('d', `${run}V${HEIGHT}H${start.toFixed(1)}Z`);
  };
}

function path(name) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  element.setAttribute('class', name);
  return element;
}
