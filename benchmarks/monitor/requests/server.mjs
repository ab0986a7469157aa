// One server of the monitor suite in a process of its own (fork).
import { serve } from '../../http/serve.mjs';
import { servers } from './servers.mjs';

await serve(servers);
