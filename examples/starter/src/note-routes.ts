// Routes: what comes in is checked by a schema, what goes out has the fields of one, and handlers get services.

import { inject, problem, type CatzillaApp } from 'catzilla';
import { Type } from 'typebox';
import { Notes } from './notes.ts';

const Note = Type.Object({ id: Type.Integer(), text: Type.String() }, { $id: 'Note' });
const NewNote = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false },
);
const params = Type.Object({ id: Type.Integer({ minimum: 1 }) });

export function noteRoutes(app: CatzillaApp): void {
  app.get(
    '/notes',
    {
      schema: { response: { 200: Type.Array(Note) } },
      config: { cache: { ttl: 60_000 } }, // the POST below makes it forget
    },
    inject([Notes], async (_request, _reply, notes) => notes.list()),
  );

  app.get(
    '/notes/:id',
    {
      schema: { params, response: { 200: Note } },
      config: { cache: { ttl: 60_000 }, problems: [404] },
    },
    inject([Notes], async (request, _reply, notes) => {
      const note = notes.find(request.params.id);
      if (note === undefined) throw problem(404, { code: 'NO_NOTE', detail: 'no such note' });
      return note;
    }),
  );

  app.post(
    '/notes',
    { schema: { body: NewNote, response: { 201: Note } } },
    inject([Notes], async (request, reply, notes) => {
      const note = notes.add(request.body.text);
      return reply.code(201).header('location', `/notes/${note.id}`).send(note);
    }),
  );
}
