// What a server process of a suite does: starts one of its servers, tells the port, then CPU time and resident bytes whenever it
// is asked, or what was allocated in it between two orders. The other end is rig.mjs.

/** @param servers by variant: start(spec), which gives { port }, and `usage` where another process serves, `stop` where it has to be ended */
export async function serve(servers) {
  const { variant, ...spec } = JSON.parse(process.argv[2]);
  const start = servers[variant];
  if (!start) throw new Error(`unknown variant ${variant}`);
  const { port, usage = ownUsage, stop } = await start(spec);
  const operations = {
    usage,
    // Loaded when needed: a process with an inspector in it is not what is timed.
    startSampling: async () => (await import('./sampler.mjs')).startSampling(),
    stopSampling: async () => (await import('./sampler.mjs')).stopSampling(),
  };
  process.on('message', async (operation) => process.send((await operations[operation]()) ?? {}));
  process.on('disconnect', async () => {
    await stop?.();
    process.exit(0);
  });
  process.send({ port });
}

function ownUsage() {
  return { cpu: process.cpuUsage(), rss: process.memoryUsage.rss() };
}
