// One server in a process of its own (fork). Tells its port, then its CPU time and resident bytes whenever asked, or what
// was allocated in it between two orders.
import { servers } from './servers.mjs';

const { variant, ...spec } = JSON.parse(process.argv[2]);
const start = servers[variant];
if (!start) throw new Error(`unknown variant ${variant}`);
const { port } = await start(spec);
const operations = {
  usage: () => ({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }),
  // Loaded when needed: a process with an inspector in it is not what is timed.
  startSampling: async () => (await import('./sampler.mjs')).startSampling(),
  stopSampling: async () => (await import('./sampler.mjs')).stopSampling(),
};
process.on('message', async (operation) => process.send((await operations[operation]()) ?? {}));
process.on('disconnect', () => process.exit(0));
process.send({ port });
