// Live invalidation: what the caches of this instance purge goes on the log, and from there, at every instance, to the clients
// that have named it.
// Invariant: tags are mapped before they leave this function; what is not mapped is known to no other instance, let alone to a
// client. Caches are told of purges by other means: this is for browsers.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import { atOnce } from '../hub/at-once.ts';
import { Coalescer } from './coalescer.ts';
import { addPositionHeader } from './header.ts';
import type { LiveHub } from './live-hub.ts';
import type { LiveMessage } from './message.ts';
import { channelOf, PREFIX, SOURCE, topicOf } from './names.ts';
import type { LiveSettings } from './options.ts';
import { project } from './project.ts';
import { isCache, isTiers, Sources } from './sources.ts';
import type { WatchedTiers } from './sources.ts';

/** Longest public name of a tag, UTF-16 units: one above it fits no channel. */
const MAX_TAG = 256;

/** Adds live invalidation to an application: channels, their deliveries, and what the caches are listened to for. Caches that
 * are registered later are found when the application is ready.
 * @throws CATZ_REALTIME_CHANNEL_TAKEN where the application has channels that begin with `cache/` */
export function addLive(app: FastifyInstance, hub: LiveHub, settings: LiveSettings): void {
  defineChannels(hub, settings);
  hub.project({ source: SOURCE, prefix: PREFIX, project });
  let told: Promise<void> = Promise.resolve();
  const coalescer = new Coalescer((message) => {
    told = tell(app, hub, message);
  });
  const sources = watch(app, settings, coalescer);
  find(app, settings, sources);
  app.addHook('onReady', async () => {
    find(app, settings, sources);
    if (sources.isEmpty) {
      app.log.warn('live invalidation has no cache to listen to: it knows app.cache and app.tiers');
    }
  });
  // Not before: requests that are answered meanwhile purge too, and other instances go on.
  app.addHook('onClose', async () => {
    sources.close();
    coalescer.close();
    await told;
  });
  if (settings.header) addPositionHeader(app, hub);
}

function defineChannels(hub: LiveHub, { urls }: LiveSettings): void {
  hub.define(`${PREFIX}tag/:tag`, {
    authorize: (_request, _params, { channel }) => topicOf(channel) !== undefined,
  });
  hub.define(`${PREFIX}url/:url`, {
    authorize: (request, _params, { channel }) => {
      const topic = topicOf(channel);
      if (topic === undefined) return false;
      return typeof urls === 'function' ? urls(topic.name, request) : urls;
    },
  });
}

function watch(app: FastifyInstance, { tags, urls }: LiveSettings, coalescer: Coalescer): Sources {
  const publicName = (tag: string): string | undefined => {
    try {
      const name = atOnce(tags(tag), 'live.tags');
      // A channel is asked for by its name: one that none can have is told to nobody.
      const isName = typeof name === 'string' && name.length <= MAX_TAG;
      return isName && channelOf('tag', name) !== undefined ? name : undefined;
    } catch (error) {
      app.log.error({ err: error }, 'the option live.tags failed: a tag is told to nobody');
      return undefined;
    }
  };
  return new Sources({
    tags(list) {
      const names = list.map(publicName);
      coalescer.note((changes) => {
        for (const name of names) if (name !== undefined) changes.addTag(name);
      });
    },
    urls(targets) {
      if (urls === false) return;
      coalescer.note((changes) => {
        for (const target of targets) {
          const url = target.replace(/#.*$/s, '');
          if (channelOf('url', url) !== undefined) changes.addUrl(url);
        }
      });
    },
    pattern(pattern) {
      if (urls !== false) coalescer.note((changes) => changes.addPattern(pattern));
    },
    all() {
      coalescer.note((changes) => changes.addAll());
    },
  });
}

function find(app: FastifyInstance, { cache, tiers }: LiveSettings, sources: Sources): void {
  const found = app as { readonly cache?: unknown; readonly tiers?: unknown };
  const ownCache = cache ?? found.cache;
  if (isCache(ownCache)) sources.addCache(ownCache);
  const ownTiers = tiers ?? found.tiers;
  for (const each of [ownTiers].flat() as (WatchedTiers | false | undefined)[]) {
    if (isTiers(each)) sources.addTiers(each);
  }
}

// Never rejects.
async function tell(app: FastifyInstance, hub: LiveHub, message: LiveMessage): Promise<void> {
  try {
    await hub.publishOn(SOURCE, message);
  } catch (error) {
    const isTooLong = error instanceof errors.SIZE && message.all !== true;
    if (isTooLong) await tell(app, hub, { all: true, at: message.at });
    // Nobody is left to be told.
    else if (!(error instanceof errors.CLOSED)) {
      app.log.error({ err: error }, 'an invalidation was not told to browsers');
    }
  }
}
