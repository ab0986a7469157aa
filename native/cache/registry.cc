#include "registry.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "mutex.h"

namespace catzilla {

namespace {

// Constant-initialised and never destroyed: workers may release engines while the process exits.
Mutex registry_mutex;
EngineState* first_named CATZ_GUARDED_BY(registry_mutex) = nullptr;

EngineState* FindNamed(const char* name, size_t size) CATZ_REQUIRES(registry_mutex) {
  for (EngineState* state = first_named; state != nullptr; state = state->next_named) {
    if (std::strlen(state->name) == size && std::memcmp(state->name, name, size) == 0) {
      return state;
    }
  }
  return nullptr;
}

void Forget(EngineState* state) CATZ_REQUIRES(registry_mutex) {
  EngineState** link = &first_named;
  while (*link != nullptr && *link != state) link = &(*link)->next_named;
  if (*link == state) *link = state->next_named;
}

char* CopyName(const char* name, size_t size) {
  char* const copy = static_cast<char*>(std::malloc(size + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, name, size);
  copy[size] = '\0';
  return copy;
}

}  // namespace

Engine* Engine::Create(const Options& options, OpenStatus* status) {
  EngineState* const state = CreateState(options, status);
  if (state == nullptr) return nullptr;
  Engine* const engine = new (std::nothrow) Engine(state);
  if (engine == nullptr) {
    DestroyState(state);
    *status = OpenStatus::kNoMemory;
    return nullptr;
  }
  state->engine = engine;
  return engine;
}

Engine* Engine::OpenNamed(const char* name, size_t size, const Options& options, bool* created,
                          OpenStatus* status) {
  *created = false;
  *status = OpenStatus::kOk;
  MutexLock lock(registry_mutex);
  if (EngineState* const found = FindNamed(name, size)) {
    AddRelaxed(&found->references, 1u);
    return found->engine;
  }
  char* const copy = CopyName(name, size);
  if (copy == nullptr) {
    *status = OpenStatus::kNoMemory;
    return nullptr;
  }
  Engine* const engine = Create(options, status);
  if (engine == nullptr) {
    std::free(copy);
    return nullptr;
  }
  engine->state_->name = copy;
  engine->state_->next_named = first_named;
  first_named = engine->state_;
  *created = true;
  return engine;
}

void Engine::Retain() { AddRelaxed(&state_->references, 1u); }

// Under the registry's mutex, so that no open can find an engine whose last reference just went.
void Engine::Release() {
  EngineState* const state = state_;
  {
    MutexLock lock(registry_mutex);
    if (AddAcqRel(&state->references, ~0u) != 1) return;
    if (state->name != nullptr) Forget(state);
  }
  delete this;
  DestroyState(state);
}

}  // namespace catzilla
