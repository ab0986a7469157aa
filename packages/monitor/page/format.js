// Numbers as people read them: three digits that matter, and the unit. null and NaN are a dash: nothing was measured.
// Every function gives [figure, unit]; `text` joins them by a space that does not break.

const NONE = '–';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 'figure unit' of one of the functions below. */
export function text(format, value) {
  const [figure, unit] = format(value);
  return unit === '' ? figure : `${figure}\u00a0${unit}`;
}

/** A count: 1,234,567; from a million on 12.3 M. */
export function count(value) {
  if (missing(value)) return [NONE, ''];
  if (value >= 1e9) return [digits(value / 1e9), 'G'];
  if (value >= 1e6) return [digits(value / 1e6), 'M'];
  return [whole.format(value), ''];
}

/** What happens in a second: 0, 0.04, 3.5, 12,400. */
export function rate(value) {
  if (missing(value)) return [NONE, ''];
  if (value >= 1e6) return [digits(value / 1e6), 'M/s'];
  return [digits(value), '/s'];
}

/** The same where a title has said the unit. */
export function plainRate(value) {
  const [figure, unit] = rate(value);
  return [figure, unit.replace('/s', '')];
}

/** Milliseconds: 0.30 µs, 0.42 ms, 120 ms, 1.2 s. */
export function ms(value) {
  if (missing(value)) return [NONE, ''];
  if (value > 0 && value < 0.0995) return [digits(value * 1000), 'µs'];
  if (value >= 10_000) return [digits(value / 1000), 's'];
  if (value >= 1000) return [(value / 1000).toFixed(1), 's'];
  return [digits(value), 'ms'];
}

/** The same for the lines of an axis by powers of ten. */
export function evenMs(value) {
  const [figure, unit] = value < 1 ? [value * 1000, 'µs'] : value < 1000 ? [value, 'ms'] : [value / 1000, 's']; // prettier-ignore
  return [String(Number(figure.toPrecision(3))), unit];
}

/** Bytes, by powers of 1024. */
export function bytes(value) {
  if (missing(value)) return [NONE, ''];
  let unit = 0;
  let left = value;
  while (left >= 1023.5 && unit < UNITS.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return [unit === 0 ? whole.format(left) : digits(left), UNITS[unit]];
}

/** A share of 1 in per cent; what is below 1 never reads 100. */
export function percent(value) {
  if (missing(value)) return [NONE, ''];
  const shown = value < 1 ? Math.min(value * 100, 99.9) : value * 100;
  if (shown === 0 || shown >= 100) return [whole.format(shown), '%'];
  return [shown.toFixed(1), '%'];
}

/** The same for the lines of an axis, which are even. */
export function evenPercent(value) {
  return [String(Math.round(value * 1000) / 10), '%'];
}

/** How long something has lasted, in its two largest units. */
export function duration(value) {
  if (missing(value)) return NONE;
  const seconds = Math.floor(value / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return '0\u00a0s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}\u00a0${unit}`)
    .join(' ');
}

/** The time of day, 24 hours, with seconds unless they are not wanted. */
export function clock(at, seconds = true) {
  const date = new Date(at);
  const pad = (value) => String(value).padStart(2, '0');
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  return seconds ? `${minutes}:${pad(date.getSeconds())}` : minutes;
}

/** The same, with its day where that is not today. */
export function moment(at, now = Date.now()) {
  const [day, today] = [at, now].map((one) => new Date(one).toDateString());
  return day === today ? clock(at) : `${day.slice(4, 10)}, ${clock(at)}`;
}

function missing(value) {
  return value === null || value === undefined || Number.isNaN(value);
}

function digits(value) {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  if (value < 0.995) return value.toFixed(2);
  if (value < 9.95) return value.toFixed(1);
  return whole.format(value);
}
