#include "harness/proc/proc_cluster.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "harness/proc/child.h"
#include "harness/proc/daemon_arguments.h"
#include "harness/proc/member.h"
#include "harness/proc/monotonic.h"
#include "harness/proc/real_faults.h"
#include "node/base/check.h"
#include "node/codec/client_codec.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kStopping{1000};  // from SIGTERM to SIGKILL
constexpr Duration kStarting = std::chrono::seconds(20);
constexpr Duration kStartPoll = std::chrono::milliseconds(2);
constexpr Duration kOperatorTimeout = std::chrono::seconds(10);
constexpr Duration kShortestSkip = std::chrono::seconds(1);
constexpr Duration kJumpSeenMost = std::chrono::seconds(2);  // by a node that does not answer

class RealCluster final : public ProcCluster {
 public:
  RealCluster(ProcOptions options, std::unique_ptr<Place> place);
  ~RealCluster() override { stop(); }

  std::uint16_t size() const override { return options_.nodes; }
  const node::Config& config() const override { return options_.config; }
  NodeAddress address(NodeId node) const override { return place_->address(node); }
  std::string secret() const override { return place_->secret(); }
  std::string enter_command(NodeId node) const override { return place_->enter_command(node); }
  Result<> reach() override;
  Result<> start() override;
  void stop() override;

  std::int64_t now_ns() const override { return monotonic_ns() - start_ns_ + skipped_ns_; }
  void after(Duration delay, std::function<void()> action) override;
  bool run(const std::function<bool()>& done) override;
  void interrupt() override;
  bool can_pass_time() const override { return true; }
  void pass_time(Duration span, std::function<void()> done) override;

  void request(NodeId node, node::ClientRead request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void request(NodeId node, node::ClientWrite request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void status(NodeId node, Done<node::StatusReply> done) override;
  void control(NodeId node, node::ControlRequest request, Done<node::ControlReply> done) override;
  void dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) override;
  void list_hints(NodeId node, node::HintListRequest request,
                  Done<node::HintListReply> done) override;

  nemesis::Faults& faults() override { return faults_; }
  Duration clock_offset(NodeId node) const override { return place_->clock_offset(node); }
  Duration clock_difference() override { return place_->clock_difference(); }
  std::vector<node::Event> take_events(NodeId node) override;
  Statistics statistics() const override;

 private:
  void settle();
  Result<> make_members();
  Result<> await_answers();
  // Why the cluster is not whole; nullptr if it is.
  const std::string* first_finding() const;
  void run_one();
  bool run_timer();
  std::optional<std::int64_t> next_timer_ns() const;
  void arm_timer();
  std::optional<std::int64_t> time_to_skip() const;
  void jump(std::int64_t span_ns, std::function<void()> done);
  void await_interruption();
  void send_text(NodeId node, std::string_view command, Duration timeout, NodeClient::Done done);
  template <class Request>
  void send(NodeId node, const Request& request, Duration timeout,
            std::function<void(node::ClientReply)> done);
  template <class Reply, class Request>
  void ask(NodeId node, const Request& request, Done<Reply> done);

  ProcOptions options_;
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  Timers timers_;          // of the harness: what a jump of time leads to
  Timers request_timers_;  // of requests: nothing is due while none is under way
  asio::steady_timer timer_{context_};
  std::int64_t armed_ns_ = -1;                             // when timer_ fires
  asio::posix::stream_descriptor interruption_{context_};  // an eventfd
  int interruption_fd_;
  bool interrupted_ = false;
  std::uint32_t timers_run_ = 0;
  std::unique_ptr<Place> place_;
  RealFaults::Members members_;
  RealFaults faults_;
  bool reached_ = false;
  bool started_ = false;
  std::int64_t start_ns_ = monotonic_ns();
  std::int64_t skipped_ns_ = 0;
  std::int64_t settled_ns_ = 0;  // monotonic: from when on time may jump
  std::size_t in_flight_ = 0;    // requests, and jumps
  std::string command_;          // scratch
  std::vector<std::string> incidents_;
  std::vector<std::string> failures_;
};

RealCluster::RealCluster(ProcOptions options, std::unique_ptr<Place> place)
    : options_(std::move(options)),
      interruption_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      place_(std::move(place)),
      faults_(
          *place_, members_, options_.seed, options_.config,
          [this](Duration delay, std::function<void()> action) { after(delay, std::move(action)); },
          [this] { settle(); },
          [this](std::string what) { failures_.push_back(std::move(what)); }) {
  CHECK(interruption_fd_ >= 0);
  interruption_.assign(interruption_fd_);
  await_interruption();
  if (options_.node_program.empty()) {
    options_.node_program = beside_this_program("holdfast-node");
  }
}

// ---- Starting and stopping -------------------------------------------------------------------

Result<> RealCluster::reach() {
  CHECK(!reached_);
  Result<> prepared =
      place_->prepare({context_, options_.nodes, fs::absolute(options_.folder),
                       options_.node_program, options_.keep_data, options_.janitor});
  reached_ = prepared.has_value();
  return prepared;
}

Result<> RealCluster::make_members() {
  if (!reached_) {
    if (auto reached = reach(); !reached) return reached;
  }
  DaemonSetup daemon;
  daemon.config = &options_.config;
  for (NodeId node = 0; node < options_.nodes; ++node) daemon.addresses.push_back(address(node));
  for (NodeId node = 0; node < options_.nodes; ++node) {
    daemon.node = node;
    MemberSetup setup;
    setup.node = node;
    setup.arguments = daemon_arguments(daemon);
    setup.ip = address(node).ip;
    setup.client_port = address(node).client;
    setup.secret = place_->secret();
    members_.push_back(std::make_unique<Member>(
        place_->host(node), context_, request_timers_, [this] { return now_ns(); },
        std::move(setup),
        [this, node](Death death) {
          faults_.disturb(node);
          (death.host_lost ? failures_ : incidents_).push_back(std::move(death.why));
        }));
  }
  return {};
}

Result<> RealCluster::start() {
  CHECK(members_.empty());
  Result<> made = make_members();
  for (NodeId node = 0; made && node < options_.nodes; ++node) made = members_[node]->start();
  if (made) made = await_answers();
  if (!made) {
    stop();
    return made;
  }
  start_ns_ = monotonic_ns();
  started_ = true;
  return {};
}

// Until every node says that it is ready. Times here count from the construction.
Result<> RealCluster::await_answers() {
  std::size_t ready = 0;
  const std::int64_t give_up_ns = now_ns() + std::chrono::nanoseconds(kStarting).count();
  std::vector<std::function<void()>> polls(options_.nodes);
  for (NodeId node = 0; node < options_.nodes; ++node) {
    polls[node] = [this, node, &ready, &polls] {
      ask<node::StatusReply>(node, node::StatusRequest{},
                             [this, node, &ready, &polls](Result<node::StatusReply> reply) {
                               if (reply && reply->ready) {
                                 ++ready;
                               } else {
                                 after(kStartPoll, polls[node]);
                               }
                             });
    };
    polls[node]();
  }
  const bool ran =
      run([&] { return ready == options_.nodes || first_finding() || now_ns() > give_up_ns; });
  timers_ = Timers();  // polls that have not run yet refer to this call
  timer_.cancel();
  armed_ns_ = -1;
  if (!ran) return fail("interrupted while the nodes started");
  if (const auto* why = first_finding()) return fail("a node did not start: " + *why);
  if (ready < options_.nodes) return fail("the nodes did not answer within 20 s of their start");
  return {};
}

const std::string* RealCluster::first_finding() const {
  if (!incidents_.empty()) return &incidents_.front();
  return failures_.empty() ? nullptr : &failures_.front();
}

void RealCluster::stop() {
  const auto expect = [this](const Result<>& done) {
    if (!done) failures_.push_back(done.error().message);
  };
  for (const auto& member : members_) expect(member->ask_to_end());
  for (const auto& member : members_) {
    expect(member->end(kStopping));
    expect(member->clean_up());
  }
  members_.clear();
  timers_ = Timers();
  request_timers_ = Timers();
  started_ = false;
}

// ---- The event loop --------------------------------------------------------------------------

void RealCluster::after(Duration delay, std::function<void()> action) {
  timers_.add(now_ns() + std::chrono::nanoseconds(delay).count(), std::move(action));
}

bool RealCluster::run(const std::function<bool()>& done) {
  while (!done()) {
    if (std::exchange(interrupted_, false)) return false;
    run_one();
  }
  return true;
}

// One timer, or else one event of the network, waited for if need be. A storm of timers must not
// keep the network waiting: one event is taken for every so many timers.
void RealCluster::run_one() {
  constexpr std::uint32_t kTimersInARow = 16;
  if (++timers_run_ % kTimersInARow != 0 && run_timer()) return;
  const std::optional<std::int64_t> next = next_timer_ns();
  if (next && *next <= now_ns()) {
    if (context_.poll_one() == 0) run_timer();
    return;
  }
  if (const auto span_ns = time_to_skip()) return jump(*span_ns, [] {});
  arm_timer();
  context_.run_one();
}

bool RealCluster::run_timer() {
  const std::int64_t now = now_ns();
  return timers_.run_one(now) || request_timers_.run_one(now);
}

std::optional<std::int64_t> RealCluster::next_timer_ns() const {
  const auto own = timers_.next_ns();
  const auto requests = request_timers_.next_ns();
  if (!own || !requests) return own ? own : requests;
  return std::min(*own, *requests);
}

void RealCluster::arm_timer() {
  const std::optional<std::int64_t> next = next_timer_ns();
  if (!next || *next == armed_ns_) return;
  armed_ns_ = *next;
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::nanoseconds(start_ns_ - skipped_ns_ + armed_ns_)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) armed_ns_ = -1;
  });
}

// ---- Time that is skipped --------------------------------------------------------------------

std::optional<std::int64_t> RealCluster::time_to_skip() const {
  const auto next = timers_.next_ns();
  if (!started_ || in_flight_ != 0 || !next || monotonic_ns() < settled_ns_) return std::nullopt;
  const std::int64_t span_ns = *next - now_ns();
  if (span_ns <= to_us(kShortestSkip) * 1000) return std::nullopt;
  return span_ns;
}

void RealCluster::pass_time(Duration span, std::function<void()> done) {
  jump(to_us(span) * 1000, std::move(done));
}

// The nodes' clocks first; the history's when all of them have seen it.
void RealCluster::jump(std::int64_t span_ns, std::function<void()> done) {
  const std::int64_t whole_us = span_ns / 1000;
  faults_.pass(Duration(whole_us));
  ++in_flight_;
  const auto unseen = std::make_shared<std::size_t>(1);
  const auto seen = [this, unseen, whole_us, done = std::move(done)] {
    if (--*unseen != 0) return;
    --in_flight_;
    skipped_ns_ += whole_us * 1000;
    timer_.cancel();
    armed_ns_ = -1;
    done();
  };
  // Any command wakes a node; it looks at its clock before it replies.
  for (NodeId node = 0; node < size(); ++node) {
    if (!faults_.is_running(node) || faults_.is_paused(node)) continue;
    ++*unseen;
    send_text(node, "PING\r\n", kJumpSeenMost,
              [seen](ErrorCode, const node::RespValue&) { seen(); });
  }
  request_timers_.add(now_ns(), seen);
}

void RealCluster::interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(interruption_fd_, &one, sizeof one);
}

void RealCluster::await_interruption() {
  interruption_.async_wait(
      asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        std::uint64_t count = 0;
        [[maybe_unused]] const auto taken = ::read(interruption_fd_, &count, sizeof count);
        interrupted_ = true;
        await_interruption();
      });
}

// The nodes need some time to notice what changed. Until then time does not jump.
void RealCluster::settle() {
  const std::int64_t noticed_ns =
      to_us(options_.config.failure_timeout + options_.config.heartbeat_interval) * 1000;
  settled_ns_ = monotonic_ns() + noticed_ns;
  request_timers_.add(now_ns() + noticed_ns, [] {});
}

// ---- Requests --------------------------------------------------------------------------------

void RealCluster::send_text(NodeId node, std::string_view command, Duration timeout,
                            NodeClient::Done done) {
  ++in_flight_;
  members_[node]->client().send(
      command, timeout, [this, done = std::move(done)](ErrorCode error, node::RespValue reply) {
        --in_flight_;
        done(error, std::move(reply));
      });
}

// Not by way of send_text(): at 50,000 requests a second each copy counts.
template <class Request>
void RealCluster::send(NodeId node, const Request& request, Duration timeout,
                       std::function<void(node::ClientReply)> done) {
  command_.clear();
  node::encode_command(request, command_);
  ++in_flight_;
  members_[node]->client().send(
      command_, timeout, [this, done = std::move(done)](ErrorCode error, node::RespValue reply) {
        --in_flight_;
        node::ClientReply answer;
        answer.error = error;
        if (error == ErrorCode::none) {
          Result<node::ClientReply> decoded =
              node::decode_reply<node::ClientReply>(std::move(reply));
          if (decoded) {
            answer = std::move(decoded.value());
          } else {  // a reply that says nothing certain
            answer.error = ErrorCode::connection_lost;
            answer.detail = decoded.error().message;
          }
        }
        done(std::move(answer));
      });
}

template <class Reply, class Request>
void RealCluster::ask(NodeId node, const Request& request, Done<Reply> done) {
  std::string command;
  node::encode_command(request, command);
  send_text(node, command, kOperatorTimeout,
            [node, done = std::move(done)](ErrorCode error, node::RespValue reply) {
              if (error == ErrorCode::none)
                return done(node::decode_reply<Reply>(std::move(reply)));
              done(fail(node_name(node) + ": " + std::string(describe(error))));
            });
}

void RealCluster::request(NodeId node, node::ClientRead request, Duration timeout,
                          std::function<void(node::ClientReply)> done) {
  send(node, request, timeout, std::move(done));
}

void RealCluster::request(NodeId node, node::ClientWrite request, Duration timeout,
                          std::function<void(node::ClientReply)> done) {
  send(node, request, timeout, std::move(done));
}

void RealCluster::status(NodeId node, Done<node::StatusReply> done) {
  ask<node::StatusReply>(node, node::StatusRequest{}, std::move(done));
}

void RealCluster::control(NodeId node, node::ControlRequest request,
                          Done<node::ControlReply> done) {
  ask<node::ControlReply>(node, request, std::move(done));
}

void RealCluster::dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) {
  ask<node::DumpReply>(node, request, std::move(done));
}

void RealCluster::list_hints(NodeId node, node::HintListRequest request,
                             Done<node::HintListReply> done) {
  ask<node::HintListReply>(node, request, std::move(done));
}

std::vector<node::Event> RealCluster::take_events(NodeId node) {
  Result<std::vector<node::Event>> events = members_[node]->take_events();
  if (events) return std::move(events.value());
  failures_.push_back(events.error().message);
  return {};
}

Cluster::Statistics RealCluster::statistics() const {
  Statistics statistics;
  statistics.incidents = incidents_;
  statistics.failures = failures_;
  statistics.hosts = place_->records();
  return statistics;
}

}  // namespace

std::unique_ptr<ProcCluster> make_proc_cluster(ProcOptions options, std::unique_ptr<Place> place) {
  return std::make_unique<RealCluster>(std::move(options), std::move(place));
}

}  // namespace holdfast::harness
