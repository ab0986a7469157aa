// Every error of @catzilla/realtime, CATZ_REALTIME_*. Those with a status reach clients by the application's error handler, or
// as the code of an error message on a WebSocket.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

/** The keys of all errors. */
export type ErrorKey =
  | 'CHANNEL_NAME'
  | 'CHANNEL_TAKEN'
  | 'CHANNELS_LIMIT'
  | 'CLOSED'
  | 'CONNECTIONS_LIMIT'
  | 'DATA'
  | 'FORBIDDEN'
  | 'MESSAGE'
  | 'OPTION'
  | 'ORIGIN'
  | 'PUBLISH_OFF'
  | 'SIZE'
  | 'STREAM_SENT'
  | 'UNKNOWN_CHANNEL'
  | 'UPGRADE';

export const errors: ErrorTable<'CATZ_REALTIME', ErrorKey> = defineErrors('CATZ_REALTIME', {
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  CHANNEL_NAME: {
    message: 'expected %s, got %s',
    base: TypeError,
    statusCode: 400,
    help: 'A channel is named as a path without its first slash, for example `orders/42`: 1 to 256 characters, no empty segment, no control characters.',
  },
  CHANNEL_TAKEN: {
    message: 'the channel %s is defined already, as %s',
    help: 'Two patterns that the same names fit would leave open which rules hold: define one of them.',
  },
  UNKNOWN_CHANNEL: {
    message: 'there is no such channel',
    statusCode: 404,
    help: 'Define it with `app.realtime.channel(pattern, options)` before the application listens.',
  },
  FORBIDDEN: {
    message: 'this channel may not be used by this client',
    statusCode: 403,
    help: '`authorize` of the channel said no, or threw; what it threw is in the log.',
  },
  ORIGIN: {
    message: 'a page of this origin may not connect here',
    statusCode: 403,
    help: 'Name the origins of your pages in `options.origins`. By default only pages of the same host connect.',
  },
  CONNECTIONS_LIMIT: {
    message: 'there are too many connections',
    statusCode: 503,
    help: '`options.maxConnections` of this process is reached.',
  },
  CHANNELS_LIMIT: {
    message: 'this connection has too many channels',
    statusCode: 400,
    help: '`options.maxChannelsPerConnection` is reached.',
  },
  MESSAGE: {
    message: 'expected %s',
    statusCode: 400,
    help: 'What a client sends is a JSON object with a known `type`; see the protocol in the README.',
  },
  PUBLISH_OFF: {
    message: 'clients may not publish to this channel',
    statusCode: 403,
    help: 'Set `publish: true` on the channel, and give it a `validate`.',
  },
  DATA: {
    message: 'the data does not fit the channel: %s',
    statusCode: 400,
    help: 'The `validate` of the channel refused it. On the server: what is published has to be JSON.',
  },
  SIZE: {
    message: 'expected data of at most %s, got %s bytes',
    statusCode: 413,
    help: '`options.maxMessageBytes` bounds what is published, from the server as from clients.',
  },
  CLOSED: {
    message: 'the application is closing',
    statusCode: 503,
    help: 'Publish before `app.close()`.',
  },
  STREAM_SENT: {
    message: 'the reply was sent already',
    help: 'A streaming helper takes the whole reply: return what it gives, and send nothing else.',
  },
  UPGRADE: {
    message: 'expected a request that upgrades to a WebSocket',
    statusCode: 426,
    help: 'Open it by `new WebSocket(…)` or the client; for a plain GET there are server-sent events. A proxy has to pass `Upgrade` on.',
  },
});
