// Public API of @catzilla/bus/testing: real servers for tests, and the contract of a bus.
export {};
