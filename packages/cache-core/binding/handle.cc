// Implements handle.h. The registry is a list: there are few engines, and it is read at opening
// only.
#include "handle.h"

#include "../../../native/cache/allocator.h"
#include "../../../native/cache/mutex.h"

namespace catzilla {

namespace {

// One isolate's use of one engine; its handles share a block of counters.
struct Attachment {
  napi_env env;
  Counters* counters;
  uint32_t handles;
  Attachment* next;
};

struct Entry {
  Engine* engine;
  Attachment* attachments;
  Entry* next;
};

Mutex registry_mutex;
Entry* registry CATZ_GUARDED_BY(registry_mutex) = nullptr;

Entry* FindEntry(const Engine* engine) CATZ_REQUIRES(registry_mutex) {
  Entry* entry = registry;
  while (entry != nullptr && entry->engine != engine) entry = entry->next;
  return entry;
}

Attachment* FindAttachment(Entry* entry, napi_env env) {
  Attachment* attachment = entry->attachments;
  while (attachment != nullptr && attachment->env != env) attachment = attachment->next;
  return attachment;
}

bool SharesCounters(const Entry* entry, const Attachment* own) {
  for (const Attachment* other = entry->attachments; other != nullptr; other = other->next) {
    if (other != own && other->counters == own->counters) return true;
  }
  return false;
}

// The attachment of `env` with one handle more; nullptr when there is no memory.
Attachment* Attach(Engine* engine, napi_env env, Entry** entry) CATZ_REQUIRES(registry_mutex) {
  *entry = FindEntry(engine);
  if (*entry == nullptr) {
    *entry = New<Entry>(engine, nullptr, registry);
    if (*entry == nullptr) return nullptr;
    registry = *entry;
  }
  Attachment* attachment = FindAttachment(*entry, env);
  if (attachment == nullptr) {
    attachment = New<Attachment>(env, nullptr, 0u, (*entry)->attachments);
    if (attachment == nullptr) return nullptr;
    attachment->counters = engine->Attach();
    (*entry)->attachments = attachment;
  }
  attachment->handles++;
  return attachment;
}

void Detach(Engine* engine, napi_env env) CATZ_REQUIRES(registry_mutex) {
  Entry** entry = &registry;
  while (*entry != nullptr && (*entry)->engine != engine) entry = &(*entry)->next;
  if (*entry == nullptr) return;
  Attachment** attachment = &(*entry)->attachments;
  while (*attachment != nullptr && (*attachment)->env != env) attachment = &(*attachment)->next;
  if (*attachment == nullptr || --(*attachment)->handles != 0) return;
  Attachment* last = *attachment;
  *attachment = last->next;
  engine->Detach(last->counters);
  Delete(last);
  if ((*entry)->attachments != nullptr) return;
  Entry* done = *entry;
  *entry = done->next;
  Delete(done);
}

void CloseAtExit(void* data) {
  Handle* const handle = static_cast<Handle*>(data);
  CloseHandle(handle, false);
  Engine* const engine = handle->lease_engine;
  if (engine == nullptr) return;
  handle->lease_engine = nullptr;
  handle->leases.ReleaseAll(engine);
  handle->leases.Free();
  engine->Release();
  if (handle->functions == 0) Delete(handle);  // it was kept for its leases alone
}

void DetachView(napi_env env, napi_ref reference) {
  napi_value view = nullptr;
  if (napi_get_reference_value(env, reference, &view) == napi_ok && view != nullptr) {
    napi_detach_arraybuffer(env, view);
  }
}

void DropReference(napi_env env, napi_ref* reference) {
  if (*reference != nullptr) napi_delete_reference(env, *reference);
  *reference = nullptr;
}

}  // namespace

Handle* OpenHandle(napi_env env, const Place& place, const Options& options, bool* counters_shared,
                   OpenReport* report) {
  report->status = OpenStatus::kNoMemory;
  Handle* handle = New<Handle>();
  if (handle == nullptr) return nullptr;
  // Opening and closing are one step with the registry's: else a name could be opened again
  // between the last Release and the end of its entry.
  MutexLock lock(registry_mutex);
  Engine* engine = place.size == 0 ? Engine::Create(options, &report->status)
                                   : Engine::Open(place, options, report);
  if (engine == nullptr) {
    Delete(handle);
    return nullptr;
  }
  Entry* entry = nullptr;
  Attachment* attachment = Attach(engine, env, &entry);
  if (attachment == nullptr) {
    report->status = OpenStatus::kNoMemory;
    if (entry != nullptr && entry->attachments == nullptr) {
      registry = entry->next;  // Attach has just put it there
      Delete(entry);
    }
    engine->Release();
    Delete(handle);
    return nullptr;
  }
  *counters_shared = SharesCounters(entry, attachment);
  handle->engine = engine;
  handle->counters = attachment->counters;
  handle->env = env;
  handle->max_key_bytes = engine->options().max_key_bytes;
  napi_add_env_cleanup_hook(env, CloseAtExit, handle);
  return handle;
}

void CloseHandle(Handle* handle, bool detach) {
  Engine* engine = handle->engine;
  if (engine == nullptr) return;
  handle->engine = nullptr;
  if (handle->keeps_evicted) engine->IgnoreEvicted();
  handle->keeps_evicted = false;
  if (handle->abi != nullptr) handle->abi->cache = nullptr;  // who wants it longer has retained it
  handle->abi = nullptr;
  napi_env env = handle->env;
  if (detach) {
    DropReference(env, &handle->abi_reference);
    for (napi_ref& view : handle->views) {
      if (view != nullptr) DetachView(env, view);
      DropReference(env, &view);
    }
    DropReference(env, &handle->words_reference);
    DropReference(env, &handle->read.reference);
    DropReference(env, &handle->near_.reference);
  }
  if (handle->leases.open() != 0 && detach) {
    engine->Retain();
    handle->lease_engine = engine;
  } else {
    if (detach) {
      napi_remove_env_cleanup_hook(env, CloseAtExit, handle);
      handle->leases.DetachRegions(env);
    }
    handle->leases.ReleaseAll(engine);
    handle->leases.Free();
  }
  MutexLock lock(registry_mutex);
  Detach(engine, env);
  engine->Release();
}

void FinishLeases(Handle* handle) {
  Engine* const engine = handle->lease_engine;
  if (engine == nullptr || handle->leases.open() != 0) return;
  handle->lease_engine = nullptr;
  napi_remove_env_cleanup_hook(handle->env, CloseAtExit, handle);
  handle->leases.DetachRegions(handle->env);
  handle->leases.Free();
  engine->Release();
}

uint32_t CountIsolates(const Engine* engine) {
  MutexLock lock(registry_mutex);
  const Entry* entry = FindEntry(engine);
  uint32_t count = 0;
  if (entry == nullptr) return count;
  for (const Attachment* a = entry->attachments; a != nullptr; a = a->next) count++;
  return count;
}

}  // namespace catzilla
