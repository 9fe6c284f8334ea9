#include "nemesis/linux/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

Descriptor open_current() {
  return Descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::make() {
  const Descriptor home = open_current();
  if (!home.is_open() || ::unshare(CLONE_NEWNET) != 0) {
    const char* const hint = errno == ENOSPC ? " (raise sysctl user.max_net_namespaces)" : "";
    return fail(std::string("cannot make a network namespace: ") + std::strerror(errno) + hint);
  }
  Descriptor made = open_current();
  const int reason = errno;
  CHECK(::setns(home.get(), CLONE_NEWNET) == 0);
  if (!made.is_open()) {
    return fail(std::string("cannot hold a network namespace: ") + std::strerror(reason));
  }
  return NetworkNamespace(std::move(made));
}

Result<NetworkNamespace> NetworkNamespace::current() {
  Descriptor here = open_current();
  if (!here.is_open()) {
    return fail(std::string("cannot open /proc/thread-self/ns/net: ") + std::strerror(errno));
  }
  return NetworkNamespace(std::move(here));
}

bool NetworkNamespace::enter() const { return ::setns(fd_.get(), CLONE_NEWNET) == 0; }

NetworkNamespace::Visit::Visit(const NetworkNamespace& there) : home_(open_current()) {
  CHECK(home_.is_open());
  CHECK(there.enter());
}

NetworkNamespace::Visit::~Visit() { CHECK(::setns(home_.get(), CLONE_NEWNET) == 0); }

}  // namespace holdfast::nemesis
