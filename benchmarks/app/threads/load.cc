// load: keeps connections busy with HTTP requests for a while, from one thread, at as little CPU
// time as that takes, so that on a machine of two cores the servers have nearly all of it. Every
// answer is checked: status, Content-Length and all bytes of the body. Prints one line of JSON:
// requests, seconds, CPU seconds of its own. Usage: load PORT CONNECTIONS DEPTH MILLISECONDS FILE.
// DEPTH: requests in flight on a connection. FILE: pairs of a request and the body that answers it,
// each as a 32-bit little-endian length and its bytes. They take turns.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr std::string_view kOk = "HTTP/1.1 200 ";
// As Fastify writes it, and as Node does by itself.
constexpr std::string_view kLengths[] = {"\r\ncontent-length: ", "\r\nContent-Length: "};

struct Pair {
  std::string request;
  std::string body;
};

struct Connection {
  int fd = -1;
  size_t next = 0;      // of the pairs, what is asked next
  size_t expected = 0;  // of the pairs, what is answered next
  int in_flight = 0;
  std::string rest;  // an answer of which the end has not come yet
};

[[noreturn]] void Fail(const char* what) {
  fprintf(stderr, "load: %s (%s)\n", what, strerror(errno));
  exit(1);
}

double Seconds(const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; }

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

std::vector<Pair> ReadPairs(const char* name) {
  std::ifstream file(name, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  size_t at = 0;
  auto take = [&] {
    uint32_t length = 0;
    if (at + sizeof(length) > all.size()) Fail("the file of requests is cut off");
    memcpy(&length, all.data() + at, sizeof(length));
    at += sizeof(length);
    if (at + length > all.size()) Fail("the file of requests is cut off");
    std::string text = all.substr(at, length);
    at += length;
    return text;
  };
  std::vector<Pair> pairs;
  while (at < all.size()) {
    Pair pair;
    pair.request = take();
    pair.body = take();
    pairs.push_back(pair);
  }
  if (pairs.empty()) Fail("no requests");
  return pairs;
}

int Dial(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

// The length of the answer at the beginning of `text`, checked; 0 while it is not whole.
size_t AnswerBytes(std::string_view text, const std::string& body) {
  const size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  if (text.substr(0, kOk.size()) != kOk) Fail("an answer that is not 200");
  const std::string_view fields = text.substr(0, head);
  size_t at = fields.find(kLengths[0]);
  if (at == std::string_view::npos) at = fields.find(kLengths[1]);
  if (at == std::string_view::npos) Fail("an answer without Content-Length");
  size_t length = 0;
  for (at += kLengths[0].size(); at < fields.size() && fields[at] >= '0' && fields[at] <= '9';
       at++) {
    length = length * 10 + static_cast<size_t>(fields[at] - '0');
  }
  const size_t begin = head + 4;
  if (length != body.size()) Fail("a body of another length");
  if (text.size() < begin + length) return 0;
  if (memcmp(text.data() + begin, body.data(), length) != 0) Fail("another body");
  return begin + length;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) Fail("usage: load PORT CONNECTIONS DEPTH MILLISECONDS FILE");
  const int port = atoi(argv[1]);
  const size_t count = static_cast<size_t>(atoi(argv[2]));
  const int depth = atoi(argv[3]);
  const double duration = atof(argv[4]) / 1000;
  const std::vector<Pair> pairs = ReadPairs(argv[5]);

  const int poll = epoll_create1(0);
  std::vector<Connection> connections(count);
  for (size_t i = 0; i < count; i++) {
    connections[i].fd = Dial(port);
    connections[i].next = connections[i].expected = i * 7 % pairs.size();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connections[i];
    epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event);
  }

  std::string batch;
  auto send_more = [&](Connection& connection) {
    batch.clear();
    while (connection.in_flight < depth) {
      batch += pairs[connection.next].request;
      connection.next = (connection.next + 1) % pairs.size();
      connection.in_flight++;
    }
    if (write(connection.fd, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size())) {
      Fail("a request could not be written at once");
    }
  };

  std::vector<char> buffer(kReadBytes);
  std::vector<epoll_event> events(count);
  uint64_t requests = 0;
  size_t busy = count;
  const double cpu = CpuSeconds();
  const double start = Now();
  double end = start;
  for (Connection& connection : connections) send_more(connection);
  while (busy > 0) {
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(count), 5000);
    if (ready <= 0) Fail("no answer for five seconds");
    end = Now();
    const bool is_over = end - start >= duration;
    for (int i = 0; i < ready; i++) {
      Connection& connection = *static_cast<Connection*>(events[i].data.ptr);
      const ssize_t got = read(connection.fd, buffer.data(), buffer.size());
      if (got <= 0) Fail("a connection was closed");
      std::string_view text(buffer.data(), static_cast<size_t>(got));
      if (!connection.rest.empty()) {
        connection.rest.append(text);
        text = connection.rest;
      }
      while (connection.in_flight > 0) {
        const size_t bytes = AnswerBytes(text, pairs[connection.expected].body);
        if (bytes == 0) break;
        text.remove_prefix(bytes);
        connection.expected = (connection.expected + 1) % pairs.size();
        connection.in_flight--;
        requests++;
      }
      connection.rest = std::string(text);
      // All of a batch is awaited before the next one, so that a batch is one write on both sides.
      if (connection.in_flight > 0) continue;
      if (is_over) {
        busy--;
      } else {
        send_more(connection);
      }
    }
  }
  printf("{\"requests\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n",
         static_cast<unsigned long long>(requests), end - start, CpuSeconds() - cpu);
  for (Connection& connection : connections) close(connection.fd);
  return 0;
}
