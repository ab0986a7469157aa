// The colours of style.css as the canvases need them, and the switch between light and dark.
// Invariant: every colour is named once, in style.css; a change of theme by system or by hand tells all listeners.
import { byId, element } from './dom.js';

const names = ['ink', 'soft', 'line', 'blue', 'amber', 'teal', 'red', 'blue-light', 'blue-mid', 'blue-wash']; // prettier-ignore
const system = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;
const listeners = new Set();

/** Name to what a canvas takes. */
export const colours = {};

/** Calls `listener` after each change of theme. */
export function onTheme(listener) {
  listeners.add(listener);
}

/** Wires the switch. */
export function startTheme() {
  const choice = byId('theme');
  choice.value = root.dataset.theme ?? 'auto';
  choice.addEventListener('change', () => {
    if (choice.value === 'auto') delete root.dataset.theme;
    else root.dataset.theme = choice.value;
    try {
      if (choice.value === 'auto') localStorage.removeItem('catzilla.theme');
      else localStorage.setItem('catzilla.theme', choice.value);
    } catch {
      choice.title = 'This browser keeps no settings for the page';
    }
    changed();
  });
  system.addEventListener('change', changed);
  read();
}

function changed() {
  read();
  for (const listener of listeners) listener();
}

function read() {
  const probe = element('span', { hidden: true });
  document.body.append(probe);
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
}
