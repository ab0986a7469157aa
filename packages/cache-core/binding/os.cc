// Sockets that several threads listen on, for which Node 20 has no call: one SO_REUSEPORT socket
// each, on one port, over which the kernel spreads connections.
//
// Invariant: a function gives a number of 0 or more, or -errno; it never throws, and owns nothing.
// Whoever got a file descriptor closes it. `dup` and `close` touch listening sockets only, so that
// a wrong number closes nobody's file. Elsewhere than on Linux all of them give -ENOSYS: the option
// exists there, but spreads nothing (macOS), or lets others take the port (Windows).
#include <cerrno>

#include "functions.h"

#if defined(__linux__)
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#endif

namespace catzilla::os {

namespace {

#if defined(__linux__)
constexpr size_t kHostSize = 128;  // an IPv6 address with the longest name of an interface

// Closes what it holds, unless that was given away.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

// A listening socket at a numeric address, or -errno.
int Listen(const char* host, uint32_t port, int backlog, bool ipv6_only) {
  char service[8];
  snprintf(service, sizeof(service), "%u", port & 0xffff);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* address = nullptr;
  // The caller has checked the address: what is left is an interface that is not there.
  if (getaddrinfo(host, service, &hints, &address) != 0) return -ENODEV;
  const int family = address->ai_family;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int error = 0;
  // SO_REUSEADDR as for every server: connections that are just ending do not hold the port.
  if (socket.fd() < 0 || !SetOption(socket.fd(), SOL_SOCKET, SO_REUSEADDR, 1) ||
      !SetOption(socket.fd(), SOL_SOCKET, SO_REUSEPORT, 1) ||
      (family == AF_INET6 &&
       !SetOption(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, ipv6_only ? 1 : 0)) ||
      bind(socket.fd(), address->ai_addr, address->ai_addrlen) != 0 ||
      listen(socket.fd(), backlog) != 0) {
    error = errno;
  }
  freeaddrinfo(address);
  return error != 0 ? -error : socket.Release();
}

// 0 for a listening socket, else -errno.
int CheckListening(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return -errno;
  return listening != 0 ? 0 : -EINVAL;
}

int Duplicate(int fd) {
  if (const int error = CheckListening(fd)) return error;
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy >= 0 ? copy : -errno;
}

int Close(int fd) {
  if (const int error = CheckListening(fd)) return error;
  return close(fd) == 0 ? 0 : -errno;
}

int Port(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -errno;
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return -EINVAL;
}
#endif

// Argument: a file descriptor. JavaScript has checked that it is a number of 0 or more.
template <int (*kFunction)(int)>
napi_value OnDescriptor(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Arguments(env, info, arguments);
  int32_t fd = -1;
  if (napi_get_value_int32(env, arguments[0], &fd) != napi_ok) return Number(env, -EINVAL);
  return Number(env, kFunction(fd));
}

// Arguments: host, a numeric address; port; backlog; ipv6Only.
napi_value ListenReusePort(napi_env env, napi_callback_info info) {
#if defined(__linux__)
  napi_value arguments[4];
  Arguments(env, info, arguments);
  char host[kHostSize];
  size_t size = 0;
  uint32_t port = 0;
  int32_t backlog = 0;
  bool ipv6_only = false;
  if (napi_get_value_string_utf8(env, arguments[0], host, sizeof(host), &size) != napi_ok ||
      size == sizeof(host) - 1 || napi_get_value_uint32(env, arguments[1], &port) != napi_ok ||
      port > 65535 || napi_get_value_int32(env, arguments[2], &backlog) != napi_ok ||
      napi_get_value_bool(env, arguments[3], &ipv6_only) != napi_ok) {
    return Number(env, -EINVAL);
  }
  return Number(env, Listen(host, port, backlog, ipv6_only));
#else
  return Number(env, -ENOSYS);
#endif
}

#if !defined(__linux__)
int Duplicate(int) { return -ENOSYS; }
int Close(int) { return -ENOSYS; }
int Port(int) { return -ENOSYS; }
#endif

}  // namespace

napi_status Define(napi_env env, napi_value exports) {
  static constexpr struct {
    const char* name;
    napi_callback function;
  } kFunctions[] = {
      {"listenReusePort", ListenReusePort},
      {"portOf", OnDescriptor<Port>},
      {"dupListening", OnDescriptor<Duplicate>},
      {"closeListening", OnDescriptor<Close>},
  };
  for (const auto& [name, callback] : kFunctions) {
    napi_value function = nullptr;
    napi_status status =
        napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    if (status == napi_ok) status = napi_set_named_property(env, exports, name, function);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

}  // namespace catzilla::os
