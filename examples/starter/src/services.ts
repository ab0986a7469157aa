// All services of the application, and what each is made of. Routes ask for them by token.

import { defineContainer, type Definition } from 'catzilla';
import { createNotes, Notes } from './notes.ts';

export const services: Definition = defineContainer().singleton(Notes, [], () => createNotes());
