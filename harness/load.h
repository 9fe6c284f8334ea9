// The load: clients that send a workload's requests, one at a time each, and record them.
//
// A client's requests go round the nodes; where nothing listens it tries the next node, as client
// libraries do, and the operation fails only if no node listens. A client that did not learn an
// outcome goes on as a new process: the old one never runs again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/cluster.h"
#include "harness/recorder.h"
#include "workloads/workload.h"

namespace holdfast::harness {

class Load {
 public:
  // The cluster and the recorder must outlive the cluster's callbacks.
  Load(Cluster& cluster, Recorder& recorder, const workloads::Parameters& parameters,
       std::uint64_t seed);

  // Where steps come from; `now_ns` counts from start().
  using Next = std::function<workloads::Step(std::int64_t now_ns)>;
  // Begins with new steps. REQUIRES: is_idle().
  void start(Next next);
  // Sends nothing more.
  void stop() { finished_ = true; }
  // No step is left.
  bool is_finished() const { return finished_; }
  // Nothing is under way.
  bool is_idle() const { return under_way_ == 0; }

  std::uint64_t issued() const { return issued_; }
  // The largest burst in which operations that had been held up were sent, in words; empty if there
  // was none worth a word.
  std::string burst() const;
  // Called after each completion.
  void on_completion(std::function<void()> action) { on_completion_ = std::move(action); }
  // Called with the node each request is sent to.
  void on_request(std::function<void(NodeId)> action) { on_request_ = std::move(action); }

 private:
  struct Client {
    std::uint32_t process = 0;
    std::uint32_t turn = 0;  // which node comes next
    std::uint16_t refusals = 0;
    checkers::OperationIndex operation = 0;
    workloads::Request request;
  };

  // Takes a free client, or (open arrivals) another one; false if none is to be had.
  bool has_client();
  void note_lateness(std::int64_t due_ns);
  void pump();
  void wait_until(std::int64_t until_ns);
  void begin(std::size_t client, const workloads::Request& request);
  void send(std::size_t client);
  void receive(std::size_t client, node::ClientReply reply);
  void finish(std::size_t client, const node::ClientReply& reply);

  Cluster& cluster_;
  Recorder& recorder_;
  workloads::Arrivals arrivals_;
  Duration timeout_;
  std::size_t value_bytes_;
  std::uint64_t seed_;
  Next next_;
  std::vector<Client> clients_;
  std::deque<std::size_t> free_;
  std::uint32_t next_process_;
  std::int64_t origin_ns_ = 0;
  std::uint64_t issued_ = 0;
  std::size_t under_way_ = 0;
  bool finished_ = true;
  bool waiting_ = false;         // a timer will call pump()
  std::uint64_t starts_ = 0;     // which start() the timer belongs to
  std::int64_t held_up_ns_ = 0;  // closed arrivals: how long the load has stood still
  // Of operations that begin late, one after another: from when they were latest.
  struct Burst {
    std::int64_t latest_ns = 0;
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::uint64_t operations = 0;
  };
  Burst burst_;       // now
  Burst most_burst_;  // of all
  std::string key_;   // scratch
  std::function<void()> on_completion_;
  std::function<void(NodeId)> on_request_;
};

}  // namespace holdfast::harness
