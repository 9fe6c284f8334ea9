// The other end of every request: clients and operators that wait for a node's reply.
#pragma once

#include <deque>
#include <functional>
#include <variant>

#include "harness/cluster.h"
#include "harness/sim/simulation.h"

namespace holdfast::harness {

class Clients {
 public:
  using Done = std::variant<std::function<void(node::ClientReply)>,
                            Cluster::Done<node::StatusReply>, Cluster::Done<node::ControlReply>,
                            Cluster::Done<node::DumpReply>, Cluster::Done<node::HintListReply>>;

  explicit Clients(Simulation& simulation) : simulation_(simulation) {}

  // A new request to `node`: the number that names it in an Address.
  std::uint64_t open(NodeId node, SimTime deadline, Done done);
  // Ends the request with an error at `at`, unless it ends before.
  void fail_at(std::uint64_t number, ErrorCode error, SimTime at);
  // The requests that wait for `node`, in a fixed order.
  std::vector<std::uint64_t> waiting_for(NodeId node);

  // Events. A reply to, or failure of, a request that has ended is ignored.
  void on_reply(std::uint64_t number, node::Message& message);
  void on_failed(std::uint64_t number, ErrorCode error);
  void on_timeout();

 private:
  struct Request {
    std::uint64_t number = 0;  // 0: ended
    NodeId node = kNoNode;
    Done done;
  };
  struct Deadline {
    SimTime at;
    std::uint64_t number;
  };
  static std::uint32_t slot_of(std::uint64_t number) { return number & ((1u << 24) - 1); }
  bool is_open(std::uint64_t number) { return requests_[slot_of(number)].number == number; }
  Done close(std::uint32_t slot);
  void fail(std::uint64_t number, ErrorCode error);
  void await(const Deadline& deadline);
  void schedule_timeout();

  Simulation& simulation_;
  Slab<Request> requests_;
  std::uint32_t slots_ = 0;  // ever used
  std::uint64_t opened_ = 0;
  // In order, with one event for all, so that the queue of all events stays short. A
  // deadline before the last one gets an event of its own.
  std::deque<Deadline> deadlines_;
  SimTime timeout_at_ = INT64_MAX;  // of the one timeout event that counts
};

}  // namespace holdfast::harness
