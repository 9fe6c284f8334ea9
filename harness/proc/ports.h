// TCP ports of 127.0.0.1 for nodes: kept for this harness from the choice to the end of the run,
// also while a node is down, so that no other program takes them in between.
#pragma once

#include <cstdint>
#include <vector>

#include "node/base/result.h"

namespace holdfast::harness {

// Holds each port by a socket that is bound but never listens: clients are refused, and a node,
// which binds with SO_REUSEADDR, may listen. They lie below the range from which the kernel takes
// ports for outgoing connections: peers that keep trying to reach a dead node on a port of that
// range would sooner or later connect to themselves.
class Ports {
 public:
  // `first_guess` decides where the search begins (the process id will do).
  static Result<Ports> reserve(std::size_t count, std::uint32_t first_guess);
  ~Ports();
  Ports(Ports&& other) noexcept;
  Ports& operator=(Ports&& other) noexcept;

  std::uint16_t operator[](std::size_t index) const { return ports_[index]; }
  std::size_t size() const { return ports_.size(); }

 private:
  Ports() = default;

  std::vector<std::uint16_t> ports_;
  std::vector<int> sockets_;
};

}  // namespace holdfast::harness
