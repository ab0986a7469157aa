// Purge and warm, each behind a dialog that says what will happen, asks for it by a button of that name, and tells how it
// ended. Invariant: nothing is sent before that button is pressed, nor twice while an answer is waited for; with actions off
// there are no buttons. What the server makes of it is the server's.
import { byId, element, setText } from './dom.js';
import { said } from './feed.js';
import { count, ms, text } from './format.js';

const WARM_LIMIT = 100;
const LIMIT_MS = 60_000;
const kinds = {
  tag: { label: 'Tag', hint: 'One tag, for example cities', what: (value) => `every response with the tag “${value}”`, button: 'Purge this tag' }, // prettier-ignore
  url: { label: 'URL', hint: 'The whole URL, or path and query: /cities?page=2', what: (value) => `the response of ${value}, in all its variants`, button: 'Purge this URL' }, // prettier-ignore
  pattern: { label: 'Pattern', hint: 'Paths with wildcards: /cities/*, or /cities/** for all below', what: (value) => `every response whose path fits ${value}`, button: 'Purge this pattern' }, // prettier-ignore
  all: {
    label: '',
    hint: '',
    what: () => 'every response that is stored',
    button: 'Purge everything',
  },
};

/** Wires both dialogs; the result is told the hello, which has the token and says whether there are actions at all. */
export function makeActions() {
  let hello;
  const send = (path, body) => post(path, body, hello.token);
  const purge = makePurge(send);
  const warm = makeWarm(send);
  const buttons = byId('actions');
  byId('open-purge').addEventListener('click', () => purge.open());
  byId('open-warm').addEventListener('click', () => warm.open());
  return (next) => {
    hello = next;
    buttons.hidden = !next.actions;
    byId('actions-off').hidden = next.actions;
  };
}

function makePurge(send) {
  const value = byId('purge-value');
  const field = byId('purge-field');
  const soft = byId('purge-soft');
  const kindOf = () => document.querySelector('input[name="purge-kind"]:checked').value;
  const plan = () => {
    const kind = kinds[kindOf()];
    field.hidden = kindOf() === 'all';
    value.required = kindOf() !== 'all';
    setText(byId('purge-label'), kind.label);
    setText(byId('purge-hint'), kind.hint);
    setText(byId('purge-send'), kind.button);
    const entered = value.value.trim();
    value.setCustomValidity(kindOf() !== 'all' && entered === '' ? 'Say which responses' : '');
    const what =
      kindOf() !== 'all' && entered === '' ? 'nothing yet: say which' : kind.what(entered);
    setText(
      byId('purge-plan'),
      soft.checked
        ? `Will be marked as stale: ${what}. Clients get the old response while a new one is made.`
        : `Will be removed: ${what}. The next request for each goes to its handler.`,
    );
  };
  return makeDialog('purge', plan, async () => {
    const kind = kindOf();
    const answer = await send('actions/purge', {
      kind,
      value: kind === 'all' ? '' : value.value.trim(),
      soft: soft.checked,
    });
    return {
      ok: answer.ok !== false,
      text: typeof answer.text === 'string' ? answer.text : 'Done.',
    };
  });
}

function makeWarm(send) {
  const urls = byId('warm-urls');
  const listed = () => urls.value.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  const plan = () => {
    const many = listed().length;
    urls.setCustomValidity(many > WARM_LIMIT ? `At most ${WARM_LIMIT} URLs at a time` : '');
    const urlsInAll = many === 1 ? '1 URL' : `${many} URLs`;
    setText(byId('warm-send'), many === 0 ? 'Warm' : `Warm ${urlsInAll}`);
    setText(
      byId('warm-plan'),
      many === 0
        ? `Will be asked for: nothing yet, say which. At most ${WARM_LIMIT} at a time.`
        : `The application will ask itself for ${urlsInAll}, and store the answers that may be stored.`,
    );
  };
  return makeDialog('warm', plan, async () => {
    const { results } = await send('actions/warm', { urls: listed() });
    const stored = results.filter((one) => one.stored).length;
    const rows = results.map(
      (one) =>
      element('li', {}, `${one.url}: ${one.stored ? 'stored' : `not stored (${one.reason ?? one.status})`}, ${text(ms, one.ms)}`), // prettier-ignore
    );
    return {
      ok: stored === results.length,
      text: `${text(count, stored)} of ${text(count, results.length)} stored.`,
      detail: element('ul', {}, ...rows),
    };
  });
}

/** The dialog of that name: its plan follows what is typed, its outcome is said in a status. */
function makeDialog(name, plan, run) {
  const dialog = byId(name);
  const form = dialog.querySelector('form');
  const outcome = byId(`${name}-outcome`);
  const button = byId(`${name}-send`);
  const cancel = byId(`${name}-cancel`);
  const tell = (tone, ...content) => {
    outcome.replaceChildren(...content);
    outcome.dataset.tone = tone;
  };
  let busy = false;
  form.addEventListener('input', () => {
    plan();
    // What was told is of another wish.
    if (!busy) tell('wait');
  });
  cancel.addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    // Not `disabled`, which would take the focus away from whoever has pressed it.
    button.setAttribute('aria-disabled', 'true');
    tell('wait', 'Asking the server …');
    try {
      const { ok, text: words, detail } = await run();
      tell(ok ? 'ok' : 'warn', element('p', {}, `${ok ? '●' : '▲'} ${words}`), ...(detail === undefined ? [] : [detail])); // prettier-ignore
      setText(cancel, 'Close');
    } catch (error) {
      tell('bad', element('p', {}, `■ It failed: ${error.message}.`));
    } finally {
      busy = false;
      button.removeAttribute('aria-disabled');
    }
  });
  return {
    open() {
      tell('wait');
      setText(cancel, 'Cancel');
      plan();
      dialog.showModal();
    },
  };
}

async function post(path, body, token) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-catzilla-token': token },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!response.ok) throw new Error(await said(response));
  return await response.json();
}
