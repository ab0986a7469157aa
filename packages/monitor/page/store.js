// What the page knows: the last frame, and points for the charts: a quarter of an hour by the second, a day by the minute.
// Invariant: points are in order, one a second and one a minute at most; a hello is merged, so a server that starts again
// takes nothing away. Drawing is left to others, and all clocks are the server's.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const EVENTS = 200;

/** The ranges of the charts: how far back they go, and the spans they take while there is less. ms. */
export const ranges = {
  quarter: { label: '15 min', spans: [1, 2, 3, 5, 8, 11, 15].map((minutes) => minutes * MINUTE) },
  day: {
    label: '24 h',
    spans: [0.25, 0.5, 1, 2, 4, 8, 12, 16, 20, 24].map((hours) => hours * HOUR),
  },
};

/** An empty store. */
export function makeStore() {
  let seconds = [];
  let minutes = [];
  let running = [];
  let events = [];
  let newestFrame;
  let held;
  const store = {
    hello: undefined,
    /** The last one, or that at which the store is held. */
    get frame() {
      return held ?? newestFrame;
    },
    /** Newest first. */
    get events() {
      return held === undefined ? events : events.filter((event) => event.at <= held.point.at);
    },
    /** Shows the moment of now until it is released; what comes meanwhile is taken all the same. */
    hold(isHeld) {
      held = isHeld ? newestFrame : undefined;
    },
    welcome(hello) {
      store.hello = hello;
      seconds = merged(seconds, hello.seconds, SECOND, 15 * MINUTE);
      minutes = merged(minutes, hello.minutes, MINUTE, 24 * HOUR);
      events = newest([...hello.events, ...events]);
    },
    take(frame) {
      newestFrame = frame;
      const { point } = frame;
      if (point.at < (seconds.at(-1)?.at ?? 0)) forgetAfter(point.at);
      seconds = merged(seconds, [point], SECOND, 15 * MINUTE);
      const [first] = running;
      if (first !== undefined && minuteOf(first.at) !== minuteOf(point.at)) {
        minutes = merged(minutes, [averaged(running)], MINUTE, 24 * HOUR);
        running = [];
      }
      running.push(point);
      if (frame.events.length > 0) events = newest([...frame.events, ...events]);
    },
    /** The points of a range: { from, to, points }, with null where nothing is known for a while. */
    view(range) {
      const to = held?.point.at ?? seconds.at(-1)?.at ?? minutes.at(-1)?.at ?? Date.now();
      const { spans } = ranges[range];
      const longest = spans.at(-1);
      const all =
        range === 'day'
          ? [...minutes, ...seconds.filter((point) => point.at <= to).slice(-1)]
          : [...between(minutes, seconds), ...seconds];
      const shown = all
        .filter((point) => point.at >= to - longest && point.at <= to)
        .toSorted((a, b) => a.at - b.at);
      const age = to - (shown[0]?.at ?? to);
      const span = spans.find((one) => one >= age) ?? longest;
      return { range, from: to - span, to, points: broken(shown, new Set(seconds)) };
    },
  };
  return store;

  /** The server's clock was set back: what is later than now is of a time that comes yet. */
  function forgetAfter(now) {
    [seconds, minutes, running] = [seconds, minutes, running].map((points) =>
      points.filter((point) => point.at <= now),
    );
  }
}

/** Minutes that no second tells more about. */
function between(minutes, seconds) {
  const known = new Set(seconds.map((point) => minuteOf(point.at)));
  return minutes.filter((point) => !known.has(minuteOf(point.at)));
}

/** Two lists of points in one, the later of two of one time, none older than `keep` before the newest. */
function merged(old, more, step, keep) {
  const last = old.at(-1);
  const joined =
    last === undefined || more.length === 0
      ? more
      : more.length === 1 && slot(more[0].at, step) > slot(last.at, step)
        ? [...old, more[0]]
        : [...new Map([...old, ...more].map((point) => [slot(point.at, step), point])).values()].toSorted((a, b) => a.at - b.at); // prettier-ignore
  const kept = joined.length === 0 ? old : joined;
  const oldest = (kept.at(-1)?.at ?? 0) - keep;
  const start = kept.findIndex((point) => point.at >= oldest);
  return start > 0 ? kept.slice(start) : kept;
}

function slot(at, step) {
  return Math.floor(at / step);
}

function minuteOf(at) {
  return slot(at, MINUTE);
}

/** A null wherever more time has passed than points of their kind are apart. */
function broken(points, seconds) {
  const result = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    const near = seconds.has(point) && seconds.has(before) ? 5 * SECOND : 150 * SECOND;
    if (before !== undefined && point.at - before.at > near) result.push(null);
    result.push(point);
  }
  return result;
}

/** Events, newest first, each once. */
function newest(events) {
  const seen = new Set();
  return events
    .filter((event) => {
      const name = `${event.at} ${event.kind} ${event.text}`;
      return seen.has(name) ? false : seen.add(name);
    })
    .toSorted((a, b) => b.at - a.at)
    .slice(0, EVENTS);
}

const worst = new Set(['p99', 'loopP99Ms']);
const rates = new Set(['requests', 'errors', 'evictions', 'expirations', 'utilization', 'cpu', 'hitRatio', 'tasksCompleted', 'tasksFailed', 'delivered']); // prettier-ignore

/** One point for a minute: the mean of rates, the worst of durations, the last of everything else. */
function averaged(points) {
  const last = points.at(-1);
  const join = (name, values, value) => {
    const numbers = values.filter((one) => typeof one === 'number');
    if (numbers.length === 0) return value;
    if (worst.has(name)) return Math.max(...numbers);
    return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  };
  return Object.fromEntries(
    Object.entries(last).map(([name, value]) => {
      const values = points.map((point) => point[name]);
      if (name === 'latency' || name === 'tierP99') return [name, inside(values, () => 'p99')];
      if (name === 'tierRatio') return [name, inside(values, () => 'hitRatio')];
      return [name, worst.has(name) || rates.has(name) ? join(name, values, value) : value];
    }),
  );

  function inside(objects, kind) {
    return Object.fromEntries(
      Object.keys(objects.at(-1)).map((name) => [
        name,
        join(kind(name), objects.map((one) => one[name]), null), // prettier-ignore
      ]),
    );
  }
}
