// The notes, kept in memory. Put your database here: nothing else knows where notes are.

import { token, type Token } from 'catzilla';

export interface Note {
  id: number;
  text: string;
}

export interface Notes {
  list(): Note[];
  find(id: number): Note | undefined;
  add(text: string): Note;
}

/** What routes ask for. */
export const Notes: Token<Notes> = token<Notes>('notes');

export function createNotes(): Notes {
  const notes = new Map<number, Note>([[1, { id: 1, text: 'Read the guide' }]]);
  return {
    list: () => [...notes.values()],
    find: (id) => notes.get(id),
    add(text) {
      const note = { id: notes.size + 1, text };
      notes.set(note.id, note);
      return note;
    },
  };
}
