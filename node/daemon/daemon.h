// The node as a process: everything of this folder, put together around one event loop.
#pragma once

#include <memory>

#include "node/base/result.h"
#include "node/daemon/options.h"

namespace holdfast::node {

class Daemon {
 public:
  // Opens the store, the logs and the sockets; says on options.ready_fd that it is there. The error
  // is one line.
  static Result<std::unique_ptr<Daemon>> start(const Options& options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Runs until SIGTERM, SIGINT, or the end of the parent.
  void run();

  struct Parts;

 private:
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::node
