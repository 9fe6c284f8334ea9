// A network namespace, held by a descriptor: it lives as long as that or a process inside it.
#pragma once

#include <utility>

#include "nemesis/linux/descriptor.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class NetworkNamespace {
 public:
  // A new one, empty but for a loopback interface that is down.
  static Result<NetworkNamespace> make();
  // The one that the calling thread is in.
  static Result<NetworkNamespace> current();

  int fd() const { return fd_.get(); }

  // Moves the calling thread into it. Safe between fork and exec. False, and errno, on failure.
  bool enter() const;
  // Calls `action` with the thread inside, and goes back. A socket that is made there stays there.
  template <class Action>
  auto inside(const Action& action) const {
    const Visit visit(*this);
    return action();
  }

 private:
  class Visit {
   public:
    explicit Visit(const NetworkNamespace& there);
    ~Visit();

   private:
    Descriptor home_;
  };

  explicit NetworkNamespace(Descriptor fd) : fd_(std::move(fd)) {}

  Descriptor fd_;
};

}  // namespace holdfast::nemesis
