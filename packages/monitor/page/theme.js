// The colours somebody has chosen, set before anything is painted: light, dark, or what the system says.
// A classic script, so that it runs before the page is drawn; the switch is colours.js.
(() => {
  let chosen;
  try {
    chosen = localStorage.getItem('catzilla.theme');
  } catch {
    chosen = null; // Storage is blocked: the system's colours.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
