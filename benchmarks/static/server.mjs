// One server of the static suite in a process of its own (fork).
import { serve } from '../http/serve.mjs';
import { servers } from './servers.mjs';

await serve(servers);
