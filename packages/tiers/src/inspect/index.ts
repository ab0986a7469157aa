// Public API of @catzilla/tiers/inspect.
export {};
