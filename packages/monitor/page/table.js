// A table whose rows come anew each second: rows and cells are kept, and only texts that differ are written.
// Invariant: a caption, a scope for every header, and the name of its column in every cell, for screens that are too narrow.
import { element, setAttribute, setProse, setText } from './dom.js';

/**
 * @param columns { title, of(row) -> text or [text, tone], numeric?, wide?, sort?, cell?(td, row) }; the first names the row.
 * @param onSort  called with a column's `sort` when its header is pressed
 * @returns { wrap, draw(rows, emptyText), sorted(key, descending) }
 */
export function makeTable({ id, caption, columns, onSort }) {
  const headers = columns.map((column) =>
    element(
      'th',
      { scope: 'col', role: 'columnheader', class: column.numeric ? 'number' : undefined },
      column.sort === undefined ? column.title : button(column, onSort),
    ),
  );
  const body = element('tbody', { role: 'rowgroup' });
  const table = element(
    'table',
    { id, role: 'table', class: onSort === undefined ? 'cards' : 'cards sortable' },
    element('caption', {}, caption),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...headers)),
    body,
  );
  const empty = element('p', { class: 'empty', hidden: true });
  const wrap = element('div', { class: 'table' }, table, empty);
  return {
    wrap,
    draw(rows, emptyText) {
      const none = rows.length === 0;
      setProse(empty, none ? emptyText : '');
      empty.hidden = !none;
      for (const part of [table.tHead, body]) part.hidden = none && onSort === undefined;
      while (body.rows.length > rows.length) body.lastChild.remove();
      while (body.rows.length < rows.length) body.append(blank(columns));
      for (const [index, row] of rows.entries()) fill(body.rows[index], columns, row);
    },
    sorted(key, descending) {
      for (const [index, column] of columns.entries()) {
        const direction = descending ? 'descending' : 'ascending';
        if (column.sort !== undefined) setAttribute(headers[index], 'aria-sort', column.sort === key ? direction : null); // prettier-ignore
      }
    },
  };
}

function button({ title, sort }, onSort) {
  const made = element('button', { type: 'button', class: 'sort' }, title);
  made.addEventListener('click', () => onSort(sort));
  return made;
}

function blank(columns) {
  return element(
    'tr',
    { role: 'row' },
    ...columns.map((column, index) =>
      element(index === 0 ? 'th' : 'td', {
        scope: index === 0 ? 'row' : undefined,
        role: index === 0 ? 'rowheader' : 'cell',
        class: [column.numeric ? 'number' : '', column.wide ? 'wide' : ''].join(' ').trim() || undefined, // prettier-ignore
        'data-title': column.title,
      }),
    ),
  );
}

function fill(line, columns, row) {
  for (const [index, column] of columns.entries()) {
    const cell = line.cells[index];
    if (column.cell !== undefined) column.cell(cell, row);
    else {
      const value = column.of(row);
      const [shown, tone] = Array.isArray(value) ? value : [value, null];
      setText(cell, shown);
      setAttribute(cell, 'data-tone', tone ?? null);
    }
  }
}
