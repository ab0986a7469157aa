import { embeddedBackend } from '../../src/embedded/index.ts';
import { programSuite } from './support/program.ts';

const backend = embeddedBackend();

programSuite('embedded, in memory', () => ({ backend }));
