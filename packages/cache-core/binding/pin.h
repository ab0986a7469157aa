// Pin: keeps this addon's code and data in the process.
//
// Node unloads an addon with the last isolate that loaded it; the engines' names and the registry
// would go along, under threads that are just opening a cache. Linux needs no call: the addon is
// linked with -z nodelete there.
#ifndef CATZILLA_BINDING_PIN_H_
#define CATZILLA_BINDING_PIN_H_

namespace catzilla {

// Cheap, and may be called by every isolate. Without effect where the system refuses.
void PinModule();

}  // namespace catzilla

#endif  // CATZILLA_BINDING_PIN_H_
