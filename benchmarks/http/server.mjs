// One server in a process of its own (fork). Tells its port, then its CPU time and resident bytes whenever asked.
import { servers } from './servers.mjs';

const { variant, ...spec } = JSON.parse(process.argv[2]);
const start = servers[variant];
if (!start) throw new Error(`unknown variant ${variant}`);
const { port } = await start(spec);
process.on('message', () =>
  process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }),
);
process.on('disconnect', () => process.exit(0));
process.send({ port });
