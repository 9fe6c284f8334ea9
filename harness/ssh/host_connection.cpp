#include "harness/ssh/host_connection.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/ssh/agent.h"
#include "harness/ssh/deployment.h"
#include "harness/ssh/program.h"
#include "harness/ssh/ssh_command.h"
#include "node/base/check.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kConnectMost{20000};  // ssh itself gives up after 10 s
constexpr milliseconds kCopyMost{120000};
constexpr milliseconds kEndMost{10000};  // of the agent

std::string machine_of_this_one() {
  utsname name{};
  ::uname(&name);
  return name.machine;
}

}  // namespace

// It may outlive the connection inside the event loop.
struct HostConnection::Watch {
  boost::asio::posix::stream_descriptor descriptor;

  Watch(boost::asio::io_context& context, int fd)
      : descriptor(context, ::fcntl(fd, F_DUPFD_CLOEXEC, 0)) {}
};

HostConnection::HostConnection(boost::asio::io_context& context, HostConnectionSetup setup)
    : context_(context), setup_(std::move(setup)) {}

HostConnection::~HostConnection() { close(); }

std::vector<std::string> HostConnection::arguments(bool first, const std::string& command) const {
  const auto socket = setup_.scratch / node_name(setup_.node);
  return ssh_arguments(setup_.host, {setup_.ssh_config, socket, first, command});
}

// ---- From nothing to an agent ----------------------------------------------------------------

Result<> HostConnection::open(const Bundle& bundle) {
  auto session =
      SshSession::start(context_, setup_.ssh, arguments(true, arrival_command(setup_.host, bundle)),
                        setup_.scratch / (node_name(setup_.node) + ".log"));
  if (!session) return error(session.error().message);
  session_.emplace(std::move(session.value()));
  return {};
}

Result<> HostConnection::await_shell(const Bundle& bundle) {
  for (;;) {  // each line in time; what a login shell prints of its own passes
    const auto line = session_->read_line(kConnectMost);
    if (!line) return error(line.error().message);
    if (*line == "ready") return {};
    if (line->starts_with("holdfast ") && setup_.host.programs.empty()) {
      const std::string machine = line->substr(9);
      if (machine == machine_of_this_one()) continue;
      return error("it is a " + machine + ", and the programs here are for " +
                   machine_of_this_one() +
                   "; build them there and name their folder in the hosts file, as \"programs\"");
    }
    if (!line->starts_with("missing ")) continue;
    const std::string sha256 = line->substr(8);
    for (const BundleFile& file : bundle.files) {
      if (file.sha256 != sha256) continue;
      missing_.push_back(&file);
      break;  // two names may have one content
    }
  }
}

Result<> HostConnection::begin_copy() {
  if (missing_.empty()) return {};
  const auto cat = find_program("cat", "coreutils");
  if (!cat) return cat.error();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return error(std::strerror(errno));
  const nemesis::Descriptor reading(ends[0]);
  const nemesis::Descriptor writing(ends[1]);
  const std::string log = (setup_.scratch / (node_name(setup_.node) + "-copy.log")).string();
  ChildCommand source;
  source.program = *cat;
  for (const BundleFile* file : missing_) source.arguments.push_back(file->path.string());
  source.log_file = log;
  source.lifeline = reading.get();  // it does not read it
  source.output = writing.get();
  ChildCommand copy;
  copy.program = setup_.ssh;
  copy.arguments = arguments(false, copy_command(missing_));
  copy.log_file = log;
  copy.lifeline = reading.get();
  for (const ChildCommand* command : {&source, &copy}) {
    auto child = Child::start(context_, *command);
    if (!child) return error(child.error().message);
    copying_.push_back(std::move(child.value()));
  }
  return {};
}

Result<> HostConnection::await_copy() {
  if (copying_.empty()) return {};
  const auto copied = copying_.back().wait(kCopyMost);
  copying_.clear();
  if (copied == ExitReason{}) return {};
  const std::string said =
      last_line_of(text_of_file(setup_.scratch / (node_name(setup_.node) + "-copy.log")));
  return error("cannot copy the programs there: " + (!copied        ? "it takes too long"
                                                     : said.empty() ? to_string(*copied)
                                                                    : said));
}

Result<> HostConnection::begin_agent() {
  agent_begun_ = true;
  if (auto sent = session_->write("go\n"); !sent) return error(sent.error().message);
  return {};
}

Result<> HostConnection::await_agent() {
  const auto hello = receive(kConnectMost);
  if (!hello) return hello.error();
  const std::string holdfast = hello->value("holdfast", "");
  const std::string node = hello->value("node", "");
  if (hello->value("protocol", 0) == kAgentProtocol && holdfast == HOLDFAST_VERSION &&
      node == HOLDFAST_VERSION) {
    return {};
  }
  return error("holdfast there is " + (holdfast.empty() ? "too old to say" : holdfast) +
               ", holdfast-node " + (node.empty() ? "too old to say" : node) + "; both must be " +
               HOLDFAST_VERSION + ", as here");
}

// ---- Questions and answers -------------------------------------------------------------------

Result<Json> HostConnection::call(const Json& request, milliseconds most) {
  if (auto sent = send(request); !sent) return sent.error();
  return receive(most);
}

Result<> HostConnection::send(const Json& request) {
  if (!session_) return error("the connection has ended");
  if (auto sent = session_->write(request.dump() + "\n"); !sent) {
    return error(sent.error().message);
  }
  return {};
}

Result<Json> HostConnection::receive(milliseconds most) {
  if (!session_) return error("the connection has ended");
  for (;;) {
    const auto line = session_->read_line(most);
    if (!line) return error(line.error().message);
    if (take_news(*line)) continue;
    Json answer = Json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (!answer.is_object()) return error("expected an agent's answer, got: " + *line);
    if (answer.contains("error")) return error(answer.value("error", ""));
    return answer;
  }
}

Result<std::string> HostConnection::read_bytes(std::uint64_t count) {
  auto bytes = session_->read_bytes(count, kAnswerMost);
  if (!bytes) return error(bytes.error().message);
  return bytes;
}

// ---- News ------------------------------------------------------------------------------------

bool HostConnection::take_news(const std::string& line) {
  if (line.empty()) return true;  // the agent shows that it lives
  if (!line.starts_with("{\"died\"")) return false;
  const Json news = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!news.is_object()) return true;
  // Later: a call may be under way.
  boost::asio::post(
      context_, [this, watch = std::weak_ptr(watch_), start = news.value("start", std::uint64_t{0}),
                 why = news.value("died", ""), good = news.value("in_good_order", false)] {
        if (!watch.expired()) died_(start, why, good);
      });
  return true;
}

void HostConnection::watch(std::function<void(std::uint64_t, std::string, bool)> died) {
  died_ = std::move(died);
  watch_ = std::make_shared<Watch>(context_, session_->fd());
  await_lines();
}

void HostConnection::await_lines() {
  watch_->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [this, watch = std::weak_ptr(watch_)](const boost::system::error_code& cancelled) {
        if (cancelled || watch.expired()) return;
        for (;;) {
          const auto line = session_->take_line();
          if (!line) return died_(0, line.error().message, false);
          if (!*line) break;
          take_news(**line);  // between calls there are no answers
        }
        await_lines();
      });
}

void HostConnection::close() {
  watch_.reset();
  copying_.clear();
  if (!session_) return;
  session_->close(agent_begun_ ? kEndMost : milliseconds(0));
  session_.reset();
}

}  // namespace holdfast::harness
