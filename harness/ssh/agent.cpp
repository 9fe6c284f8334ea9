#include "harness/ssh/agent.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/proc/janitor.h"
#include "harness/proc/local_host.h"
#include "harness/proc/tether.h"
#include "harness/ssh/host_links.h"
#include "harness/ssh/program.h"
#include "nemesis/linux/temporary_folder.h"
#include "node/base/ids.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::chrono::seconds kSignsOfLife{5};
constexpr int kEndOfOtherMost_ms = 5000;  // an agent whose harness was killed needs some time

bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class Agent {
 public:
  Agent(asio::io_context& context, Tether tether, fs::path program, fs::path folder)
      : context_(context),
        tether_(std::move(tether)),
        program_(std::move(program)),
        folder_(std::move(folder)),
        input_(context, ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)),
        life_(context) {}

  // Returns when the harness is gone.
  void run() {
    await_input();
    show_life();
    context_.run();
  }

 private:
  using Answer = Result<Json>;

  void await_input() {
    input_.async_wait(asio::posix::descriptor_base::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error || !take_input()) return context_.stop();
                        await_input();
                      });
  }

  void show_life() {
    life_.expires_after(kSignsOfLife);
    life_.async_wait([this](const boost::system::error_code& error) {
      if (error || !write_out("\n")) return context_.stop();
      show_life();
    });
  }

  // False once there will be none.
  bool take_input() {
    char bytes[65536];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return false;
    text_.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = text_.find('\n')) != text_.npos;) {
      const std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      if (!answer(line)) return false;
    }
    return true;
  }

  bool answer(const std::string& line) {
    payload_.clear();
    Answer answer = obey(line);
    const Json said = answer ? std::move(*answer) : Json{{"error", answer.error().message}};
    return write_out(said.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n" + payload_);
  }

  Answer obey(const std::string& line) {
    static const std::map<std::string, Answer (Agent::*)(const Json&)> words = {
        {"prepare", &Agent::prepare},   {"clock", &Agent::clock},
        {"start", &Agent::start},       {"signal", &Agent::signal},
        {"end", &Agent::end},           {"read", &Agent::read},
        {"wipe", &Agent::wipe},         {"flip_bit", &Agent::flip_bit},
        {"pass", &Agent::pass},         {"set_clock", &Agent::set_clock},
        {"set_disk", &Agent::set_disk}, {"cut", &Agent::cut},
        {"mend", &Agent::mend},         {"dropped", &Agent::dropped},
        {"set_link", &Agent::set_link}};
    try {
      const Json request = Json::parse(line);
      const auto word = words.find(request.at("do").get<std::string>());
      if (word == words.end()) return fail("the agent knows no such word: " + line);
      if (!host_ && word->first != "prepare") return fail("the agent is not prepared");
      return (this->*word->second)(request);
    } catch (const Json::exception& thrown) {
      return fail("the agent cannot read " + line + ": " + thrown.what());
    }
  }

  static Answer done(const Result<>& result) {
    if (!result) return result.error();
    return Json::object();
  }

  Answer prepare(const Json& request) {
    node_ = request.at("node").get<NodeId>();
    LocalHostSetup host{program_, folder_ / node_name(node_)};
    host.secret_file = folder_ / "secret";  // in a folder that is closed to others
    if (!(std::ofstream(host.secret_file) << request.at("secret").get<std::string>()).flush()) {
      return fail("cannot write " + host.secret_file.string());
    }
    host_ = std::make_unique<LocalHost>(context_, tether_, std::move(host));
    links_ = std::make_unique<HostLinks>(
        node_, request.at("addresses").get<std::vector<std::string>>(),
        request.at("peer_port").get<std::uint16_t>(), request.at("seed").get<std::uint64_t>());
    Json refused = Json::object();
    for (const auto& [kind, why] : links_->refused()) refused[std::string(to_string(kind))] = why;
    return Json{{"refused", std::move(refused)}};
  }

  Answer clock(const Json&) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return Json{{"wall_us", std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000}};
  }

  // ---- The node ----

  Answer start(const Json& request) {
    const auto number = request.at("start").get<std::uint64_t>();
    return done(host_->start(
        request.at("arguments").get<std::vector<std::string>>(),
        [this, number](const Death& death) {
          const Json news = {
              {"died", death.why}, {"start", number}, {"in_good_order", death.in_good_order}};
          const auto text = news.dump(-1, ' ', false, Json::error_handler_t::replace);
          if (!write_out(text + "\n")) context_.stop();
        }));
  }
  Answer signal(const Json& request) {
    return done(host_->signal(request.at("number").get<int>()));
  }
  Answer end(const Json& request) {
    const auto ended =
        host_->end(std::chrono::milliseconds(request.at("most_ms").get<std::int64_t>()));
    if (!ended) return ended.error();
    if (!*ended) return Json::object();
    return Json{{"crash", (*ended)->why}, {"in_good_order", (*ended)->in_good_order}};
  }
  Answer read(const Json& request) {
    auto text =
        host_->read(request.at("file").get<std::string>(), request.at("from").get<std::uint64_t>());
    if (!text) return text.error();
    payload_ = std::move(*text);
    return Json{{"bytes", payload_.size()}};
  }
  Answer wipe(const Json&) { return done(host_->wipe()); }
  Answer flip_bit(const Json& request) {
    return done(host_->flip_bit(request.at("seed").get<std::uint64_t>()));
  }

  // ---- Its clock and its disk ----

  Answer pass(const Json& request) {
    tether_.clocks().pass(Duration(request.at("us").get<std::int64_t>()));
    return Json::object();
  }
  Answer set_clock(const Json& request) {
    tether_.clocks().set(node_, Duration(request.at("offset_us").get<std::int64_t>()),
                         request.at("drift_ppm").get<std::int32_t>());
    return Json::object();
  }
  Answer set_disk(const Json& request) {
    tether_.disks().set(node_, static_cast<DiskMode>(request.at("mode").get<std::uint8_t>()));
    return Json::object();
  }

  // ---- Its links ----

  static std::vector<NodeId> sources(const Json& request) {
    return request.at("from").get<std::vector<NodeId>>();
  }
  Answer cut(const Json& request) { return done(links_->cut(sources(request))); }
  Answer mend(const Json& request) { return done(links_->mend(sources(request))); }
  Answer dropped(const Json& request) {
    const auto packets = links_->dropped(request.at("from").get<NodeId>());
    if (!packets) return packets.error();
    return Json{{"packets", *packets}};
  }
  Answer set_link(const Json& request) {
    nemesis::LinkQuality quality;
    quality.delay = Duration(request.at("delay_us").get<std::int64_t>());
    quality.jitter = Duration(request.at("jitter_us").get<std::int64_t>());
    quality.loss_per_mille = request.at("loss_per_mille").get<std::uint32_t>();
    quality.duplicate_per_mille = request.at("duplicate_per_mille").get<std::uint32_t>();
    quality.reorder_per_mille = request.at("reorder_per_mille").get<std::uint32_t>();
    return done(links_->set_quality(request.at("to").get<NodeId>(), quality));
  }

  asio::io_context& context_;
  Tether tether_;
  fs::path program_;
  fs::path folder_;
  asio::posix::stream_descriptor input_;
  asio::steady_timer life_;
  std::string text_;     // that has come and is not a whole line yet
  std::string payload_;  // follows the answer
  NodeId node_ = 0;
  std::unique_ptr<LocalHost> host_;  // from prepare() on, as is the next
  std::unique_ptr<HostLinks> links_;
};

// The version of the node's program: the last word that it says.
Result<std::string> version_of(asio::io_context& context, const fs::path& program,
                               const fs::path& scratch) {
  auto said = output_of(context, program, {"--version"}, scratch);
  if (!said) return said;
  const std::string line = last_line_of(*said);
  return line.substr(line.rfind(' ') + 1);
}

// One agent a host and user: two would remove each other's rules, and share ports.
Result<nemesis::Descriptor> lock_host(const fs::path& folder) {
  nemesis::Descriptor lock(
      ::open((folder / "in-use").c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) {
    return fail("cannot write " + folder.string() + ": " + std::strerror(errno));
  }
  for (int waited = 0; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; waited += 50) {
    if (waited >= kEndOfOtherMost_ms) return fail("another run uses this host");
    ::usleep(50'000);
  }
  return lock;
}

Result<> serve(const AgentOptions& options) {
  const auto janitor = Janitor::start();
  if (!janitor) return janitor.error();
  const auto lock = lock_host(options.folder);
  if (!lock) return lock.error();
  nemesis::remove_leftovers(options.folder);
  const auto temporary = nemesis::TemporaryFolder::make(options.folder);
  if (!temporary) return temporary.error();
  janitor->mind(temporary->path());
  asio::io_context context;
  const auto version = version_of(context, options.node_program, temporary->path());
  if (!version) return version.error();
  auto tether = Tether::make();
  if (!tether) return tether.error();
  Agent agent(context, std::move(*tether), options.node_program, temporary->path());
  const Json hello = {
      {"protocol", kAgentProtocol}, {"holdfast", HOLDFAST_VERSION}, {"node", *version}};
  if (write_out(hello.dump() + "\n")) agent.run();
  return {};
}

}  // namespace

int run_agent(const AgentOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  const Result<> served = serve(options);
  if (served) return 0;
  std::fprintf(stderr, "%s\n", served.error().message.c_str());
  return 255;
}

}  // namespace holdfast::harness
