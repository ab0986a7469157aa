// One server of the HTTP suite in a process of its own (fork).
import { serve } from './serve.mjs';
import { servers } from './servers.mjs';

await serve(servers);
