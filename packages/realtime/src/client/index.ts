// Public API of @catzilla/realtime/client: for browsers.
export { connect } from './connect.ts';
export type {
  ClientError,
  ClientMember,
  ClientState,
  ConnectOptions,
  Invalidation,
  MessageInfo,
  RealtimeClient,
  SocketLike,
  SubscribeOptions,
} from './connect.ts';
