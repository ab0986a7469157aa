// Public API of @catzilla/bus/redis: the connection that bus and tiers make.
export {};
