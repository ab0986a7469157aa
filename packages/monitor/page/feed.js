// The stream of frames, and what becomes of it: connects, connects again by itself, and says in which state it is.
// Invariant: at most one connection; a wait between two attempts grows from one second to ten. What frames mean is store.js.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 10_000;
/** No frame for this long is a connection that is dead without having said so. */
const SILENCE = 8000;
/** How long the points of before are waited for. */
const HISTORY = 30_000;
/** A page that nobody has seen for this long lets the server rest. */
const HIDDEN = 5 * 60_000;

/**
 * Opens the feed. `on.hello`, `on.history` (a hello with its points) and `on.frame` get what came, `on.state` a state:
 * { name: 'connecting' | 'live' | 'waiting' | 'resting', reason?, retryAt? } with retryAt in ms of this clock.
 */
export function openFeed(on) {
  let source;
  let timer;
  let silence;
  let wait = FIRST_WAIT;
  let resting;

  const connect = () => {
    clearTimeout(timer);
    on.state({ name: 'connecting' });
    source = new EventSource('data/feed');
    source.addEventListener('hello', (event) => {
      heard();
      on.hello(JSON.parse(event.data));
      void remember();
    });
    source.addEventListener('frame', (event) => {
      heard();
      wait = FIRST_WAIT;
      on.state({ name: 'live' });
      on.frame(JSON.parse(event.data));
    });
    source.addEventListener('error', () => void lost());
    heard();
  };
  // Beside the feed, which is not compressed. Where it fails, charts begin now.
  const remember = async () => {
    const hello = await fetch('data/hello', { signal: AbortSignal.timeout(HISTORY) })
      .then((response) => (response.ok ? response.json() : undefined))
      .catch(() => undefined);
    if (hello !== undefined) on.history(hello);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => void lost(), SILENCE);
  };
  const close = () => {
    clearTimeout(silence);
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const lost = async () => {
    if (source === undefined) return;
    // A stream that was refused says no more than that; the same question without a stream says why.
    const refused = source.readyState === EventSource.CLOSED;
    close();
    const pause = wait * (0.8 + Math.random() * 0.4);
    wait = Math.min(wait * 2, LONGEST_WAIT);
    timer = setTimeout(connect, pause);
    const retryAt = Date.now() + pause;
    on.state({ name: 'waiting', retryAt });
    const reason = refused ? await whyNot() : undefined;
    if (reason !== undefined && source === undefined)
      on.state({ name: 'waiting', retryAt, reason });
  };

  const look = () => {
    clearTimeout(resting);
    if (document.hidden) {
      resting = setTimeout(() => {
        close();
        on.state({ name: 'resting' });
      }, HIDDEN);
    } else if (source === undefined) {
      wait = FIRST_WAIT;
      connect();
    }
  };
  document.addEventListener('visibilitychange', look);
  connect();
  // It may have been opened in the background.
  look();
}

/** Why the feed was refused; undefined: it is not now, or nobody answers, which the state says already. */
async function whyNot() {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 5000);
  try {
    const response = await fetch('data/feed', { signal: abort.signal });
    // A guard that leads to its own page, where the stream was looked for in vain.
    if (response.redirected) return 'you are asked to sign in, so load this page again';
    return response.ok ? undefined : await said(response);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** What a refusal says: the message of its JSON, or its status. */
export async function said(response) {
  const body = await response.json().catch(() => ({}));
  const message = body.detail ?? body.message;
  return typeof message === 'string' ? message : `status ${response.status}`;
}
