#include "harness/proc/proc_cluster.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "harness/proc/member.h"
#include "harness/proc/ports.h"
#include "node/base/check.h"
#include "node/codec/client_codec.h"
#include "node/core/settings.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using nemesis::FaultKind;

constexpr std::chrono::milliseconds kStopping{1000};  // from SIGTERM to SIGKILL
constexpr Duration kStarting = std::chrono::seconds(20);
constexpr Duration kStartPoll = std::chrono::milliseconds(2);
constexpr Duration kOperatorTimeout = std::chrono::seconds(10);

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

fs::path beside_this_program(const char* name) {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / name;
}

class LoopbackCluster final : public ProcCluster, private nemesis::Faults {
 public:
  explicit LoopbackCluster(ProcOptions options);
  ~LoopbackCluster() override { stop(); }

  std::uint16_t size() const override { return options_.nodes; }
  const node::Config& config() const override { return options_.config; }
  Ports ports(NodeId node) const override;
  Result<> start() override;
  void stop() override;

  std::int64_t now_ns() const override { return monotonic_ns() - start_ns_; }
  void after(Duration delay, std::function<void()> action) override;
  bool run(const std::function<bool()>& done) override;
  void interrupt() override;
  bool can_pass_time() const override { return false; }
  void pass_time(Duration, std::function<void()>) override { CHECK(can_pass_time()); }

  void request(NodeId node, node::ClientRead request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void request(NodeId node, node::ClientWrite request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void status(NodeId node, Done<node::StatusReply> done) override;
  void control(NodeId node, node::ControlRequest request, Done<node::ControlReply> done) override;
  void dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) override;
  void list_hints(NodeId node, node::HintListRequest request,
                  Done<node::HintListReply> done) override;

  nemesis::Faults& faults() override { return *this; }
  Duration clock_offset(NodeId) const override { return Duration(0); }
  std::vector<node::Event> take_events(NodeId node) override;
  Statistics statistics() const override;

 private:
  // Faults.
  bool supports(FaultKind kind) const override;
  bool is_running(NodeId node) const override { return members_[node]->is_running(); }
  bool is_paused(NodeId node) const override { return members_[node]->is_paused(); }
  void kill(NodeId node) override { members_[node]->kill(); }
  void restart(NodeId node) override;
  void wipe(NodeId node) override;
  void pause(NodeId node) override { members_[node]->pause(); }
  void resume(NodeId node) override { members_[node]->resume(); }
  void power_loss(NodeId) override { CHECK(supports(FaultKind::power_loss)); }
  void cut(NodeId, NodeId) override { CHECK(supports(FaultKind::partition)); }
  void mend(NodeId, NodeId) override { CHECK(supports(FaultKind::partition)); }
  void set_link(NodeId, NodeId, const nemesis::LinkQuality&) override {
    CHECK(supports(FaultKind::link));
  }
  void set_disk(NodeId, nemesis::DiskFault) override { CHECK(supports(FaultKind::disk)); }
  void set_clock(NodeId, Duration, std::int32_t) override { CHECK(supports(FaultKind::clock)); }

  std::vector<std::string> arguments_of(NodeId node) const;
  Result<> make_members();
  Result<> await_answers();
  void run_one();
  void arm_timer();
  void await_interruption();
  template <class Request>
  void send(NodeId node, const Request& request, Duration timeout,
            std::function<void(node::ClientReply)> done);
  template <class Reply, class Request>
  void ask(NodeId node, const Request& request, Done<Reply> done);

  ProcOptions options_;
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  Timers timers_;
  asio::steady_timer timer_{context_};
  std::int64_t armed_ns_ = -1;                             // when timer_ fires
  asio::posix::stream_descriptor interruption_{context_};  // an eventfd
  int interruption_fd_;
  bool interrupted_ = false;
  std::optional<harness::Ports> ports_;
  int lifeline_[2] = {-1, -1};
  std::vector<std::unique_ptr<Member>> members_;
  std::int64_t start_ns_ = monotonic_ns();
  std::vector<std::string> incidents_;
};

LoopbackCluster::LoopbackCluster(ProcOptions options)
    : options_(std::move(options)), interruption_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(interruption_fd_ >= 0);
  interruption_.assign(interruption_fd_);
  await_interruption();
  if (options_.node_program.empty()) {
    options_.node_program = beside_this_program("holdfast-node");
  }
}

// ---- Starting and stopping -------------------------------------------------------------------

ProcCluster::Ports LoopbackCluster::ports(NodeId node) const {
  CHECK(ports_.has_value());
  const std::size_t first = std::size_t{3} * node;
  return {(*ports_)[first], (*ports_)[first + 1], (*ports_)[first + 2]};
}

Result<> LoopbackCluster::make_members() {
  auto reserved = harness::Ports::reserve(std::size_t{3} * options_.nodes,
                                          static_cast<std::uint32_t>(::getpid()));
  if (!reserved) return reserved.error();
  ports_ = std::move(reserved.value());
  if (::pipe2(lifeline_, O_CLOEXEC) != 0) {
    return fail("cannot make a pipe: " + std::error_code(errno, std::system_category()).message());
  }
  for (NodeId node = 0; node < options_.nodes; ++node) {
    MemberSetup setup;
    setup.node = node;
    setup.program = options_.node_program;
    setup.arguments = arguments_of(node);
    setup.folder = options_.folder / "nodes" / node_name(node);
    setup.client_port = ports(node).client;
    setup.lifeline = lifeline_[0];
    members_.push_back(std::make_unique<Member>(
        context_, timers_, [this] { return now_ns(); }, std::move(setup),
        [this](std::string why) { incidents_.push_back(std::move(why)); }));
  }
  return {};
}

Result<> LoopbackCluster::start() {
  CHECK(members_.empty());
  Result<> made = make_members();
  for (NodeId node = 0; made && node < options_.nodes; ++node) made = members_[node]->start();
  if (made) made = await_answers();
  if (!made) {
    stop();
    return made;
  }
  start_ns_ = monotonic_ns();
  return {};
}

// Until every node says that it is ready. Times here count from the construction.
Result<> LoopbackCluster::await_answers() {
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
  run([&] { return ready == options_.nodes || !incidents_.empty() || now_ns() > give_up_ns; });
  timers_ = Timers();  // polls that have not run yet refer to this call
  timer_.cancel();
  armed_ns_ = -1;
  if (!incidents_.empty()) return fail("a node did not start: " + incidents_.front());
  if (ready < options_.nodes) return fail("the nodes did not answer within 20 s of their start");
  return {};
}

void LoopbackCluster::stop() {
  for (const auto& member : members_) member->ask_to_end();
  for (const auto& member : members_) {
    member->end(kStopping);
    if (!options_.keep_data) member->clean_up();
  }
  members_.clear();
  timers_ = Timers();
  ports_.reset();
  for (int& end : lifeline_) {
    if (end >= 0) ::close(std::exchange(end, -1));
  }
}

// What the daemon is told. Its standard input is the lifeline.
std::vector<std::string> LoopbackCluster::arguments_of(NodeId node) const {
  const fs::path folder = options_.folder / "nodes" / node_name(node);
  std::string members;
  for (NodeId each = 0; each < options_.nodes; ++each) {
    members +=
        (each == 0 ? "" : ",") + node_name(each) + "=127.0.0.1:" + std::to_string(ports(each).peer);
  }
  std::vector<std::string> arguments = {"--id",
                                        node_name(node),
                                        "--members",
                                        members,
                                        "--data",
                                        folder / "data",
                                        "--client-port",
                                        std::to_string(ports(node).client),
                                        "--http-port",
                                        std::to_string(ports(node).http),
                                        "--events",
                                        folder / kEventLog,
                                        "--parent-fd",
                                        "0",
                                        "--die-with-parent"};
  for (const node::Setting& setting : node::all_settings()) {
    arguments.push_back("--set");
    arguments.push_back(std::string(setting.name) + "=" + setting.get(options_.config));
  }
  return arguments;
}

// ---- The event loop --------------------------------------------------------------------------

void LoopbackCluster::after(Duration delay, std::function<void()> action) {
  timers_.add(now_ns() + std::chrono::nanoseconds(delay).count(), std::move(action));
}

bool LoopbackCluster::run(const std::function<bool()>& done) {
  while (!done()) {
    if (std::exchange(interrupted_, false)) return false;
    run_one();
  }
  return true;
}

// One timer, or else one event of the network, waited for if need be. A storm of timers must not
// keep the network waiting: one event is taken for every so many timers.
void LoopbackCluster::run_one() {
  constexpr std::uint32_t kTimersInARow = 16;
  static std::uint32_t timers = 0;
  if (++timers % kTimersInARow != 0 && timers_.run_one(now_ns())) return;
  if (timers_.next_ns() && *timers_.next_ns() <= now_ns()) {
    if (context_.poll_one() == 0) timers_.run_one(now_ns());
    return;
  }
  arm_timer();
  context_.run_one();
}

void LoopbackCluster::arm_timer() {
  const std::optional<std::int64_t> next = timers_.next_ns();
  if (!next || *next == armed_ns_) return;
  armed_ns_ = *next;
  timer_.expires_at(
      std::chrono::steady_clock::time_point(std::chrono::nanoseconds(start_ns_ + armed_ns_)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) armed_ns_ = -1;
  });
}

void LoopbackCluster::interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(interruption_fd_, &one, sizeof one);
}

void LoopbackCluster::await_interruption() {
  interruption_.async_wait(
      asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        std::uint64_t count = 0;
        [[maybe_unused]] const auto taken = ::read(interruption_fd_, &count, sizeof count);
        interrupted_ = true;
        await_interruption();
      });
}

// ---- Faults ----------------------------------------------------------------------------------

bool LoopbackCluster::supports(FaultKind kind) const {
  return kind == FaultKind::kill || kind == FaultKind::pause || kind == FaultKind::restart ||
         kind == FaultKind::wipe;
}

void LoopbackCluster::restart(NodeId node) {
  if (is_running(node)) return;
  const Result<> started = members_[node]->start();
  if (!started) incidents_.push_back(node_name(node) + ": " + started.error().message);
}

void LoopbackCluster::wipe(NodeId node) {
  kill(node);
  members_[node]->wipe();
}

// ---- Requests --------------------------------------------------------------------------------
template <class Request>
void LoopbackCluster::send(NodeId node, const Request& request, Duration timeout,
                           std::function<void(node::ClientReply)> done) {
  std::string command;
  node::encode_command(request, command);
  members_[node]->client().send(command, timeout,
                                [done = std::move(done)](ErrorCode error, node::RespValue reply) {
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
void LoopbackCluster::ask(NodeId node, const Request& request, Done<Reply> done) {
  std::string command;
  node::encode_command(request, command);
  members_[node]->client().send(
      command, kOperatorTimeout,
      [node, done = std::move(done)](ErrorCode error, node::RespValue reply) {
        if (error == ErrorCode::none) return done(node::decode_reply<Reply>(std::move(reply)));
        done(fail(node_name(node) + ": " + std::string(describe(error))));
      });
}

void LoopbackCluster::request(NodeId node, node::ClientRead request, Duration timeout,
                              std::function<void(node::ClientReply)> done) {
  send(node, request, timeout, std::move(done));
}

void LoopbackCluster::request(NodeId node, node::ClientWrite request, Duration timeout,
                              std::function<void(node::ClientReply)> done) {
  send(node, request, timeout, std::move(done));
}

void LoopbackCluster::status(NodeId node, Done<node::StatusReply> done) {
  ask<node::StatusReply>(node, node::StatusRequest{}, std::move(done));
}

void LoopbackCluster::control(NodeId node, node::ControlRequest request,
                              Done<node::ControlReply> done) {
  ask<node::ControlReply>(node, request, std::move(done));
}

void LoopbackCluster::dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) {
  ask<node::DumpReply>(node, request, std::move(done));
}

void LoopbackCluster::list_hints(NodeId node, node::HintListRequest request,
                                 Done<node::HintListReply> done) {
  ask<node::HintListReply>(node, request, std::move(done));
}

std::vector<node::Event> LoopbackCluster::take_events(NodeId node) {
  return members_[node]->take_events();
}

Cluster::Statistics LoopbackCluster::statistics() const {
  Statistics statistics;
  statistics.incidents = incidents_;
  return statistics;
}

}  // namespace

std::unique_ptr<ProcCluster> make_proc_cluster(ProcOptions options) {
  return std::make_unique<LoopbackCluster>(std::move(options));
}

}  // namespace holdfast::harness
