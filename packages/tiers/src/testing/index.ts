// Public API of @catzilla/tiers/testing.
export {};
