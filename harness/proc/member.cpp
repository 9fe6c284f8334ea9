#include "harness/proc/member.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fstream>
#include <utility>

#include "node/base/check.h"
#include "node/base/random.h"
#include "node/codec/event_codec.h"

namespace holdfast::harness {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kDying{10000};  // how long the kernel may take over SIGKILL

}  // namespace

// Waits for a child's end. It may outlive the member inside the event loop.
struct Member::Watch {
  boost::asio::posix::stream_descriptor descriptor;

  Watch(boost::asio::io_context& context, int pidfd)
      : descriptor(context, ::fcntl(pidfd, F_DUPFD_CLOEXEC, 0)) {}
};

Member::Member(boost::asio::io_context& context, Timers& timers,
               std::function<std::int64_t()> now_ns, MemberSetup setup,
               std::function<void(std::string)> died)
    : context_(context),
      setup_(std::move(setup)),
      died_(std::move(died)),
      client_(context, timers, std::move(now_ns), setup_.ip, setup_.client_port) {}

Member::~Member() = default;

Result<> Member::start() {
  CHECK(!is_running());
  std::error_code error;
  fs::create_directories(setup_.folder / "data", error);
  if (error) return fail("cannot make " + setup_.folder.string() + "/data: " + error.message());
  ChildCommand command{setup_.program,  setup_.arguments,  setup_.folder / "node.log",
                       setup_.lifeline, setup_.network_fd, setup_.keeps};
  if (power_loss_) {
    command.arguments.push_back("--after-power-loss");
    command.arguments.push_back(std::to_string(*power_loss_));
  }
  Result<Child> child = Child::start(context_, command);
  if (!child) return child.error();
  power_loss_.reset();
  child_ = std::move(child.value());
  watch_ = std::make_shared<Watch>(context_, child_->pidfd());
  watch_->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [this, watch = std::weak_ptr(watch_)](const boost::system::error_code& cancelled) {
        if (cancelled || watch.expired()) return;
        const auto reason = child_->wait(std::chrono::milliseconds(0));
        forget();
        died_(node_name(setup_.node) +
              " ended by itself: " + (reason ? to_string(*reason) : "no reason") + last_words());
      });
  return {};
}

void Member::forget() {
  watch_.reset();
  child_.reset();
  paused_ = false;
  client_.disconnect();
}

void Member::kill() {
  if (!is_running()) return;
  child_->signal(SIGKILL);
  child_->wait(kDying);
  forget();
}

void Member::lose_power(std::uint64_t seed) {
  if (!is_running()) return;
  kill();
  power_loss_ = seed;
}

void Member::flip_bit(std::uint64_t seed) {
  std::fstream file(setup_.folder / "data" / "node.db",
                    std::ios::binary | std::ios::in | std::ios::out | std::ios::ate);
  const std::streamoff size = file.tellg();
  if (size <= 0) return;
  Random random(seed);
  const auto place = static_cast<std::streamoff>(random.below(static_cast<std::uint64_t>(size)));
  const auto mask = static_cast<char>(1u << random.below(8));
  const char old = static_cast<char>(file.seekg(place).get());
  file.seekp(place).put(static_cast<char>(old ^ mask));
}

void Member::pause() {
  if (!is_running()) return;
  child_->signal(SIGSTOP);
  paused_ = true;
}

void Member::resume() {
  if (!is_running()) return;
  child_->signal(SIGCONT);
  paused_ = false;
}

void Member::ask_to_end() {
  if (!is_running()) return;
  child_->signal(SIGTERM);
  child_->signal(SIGCONT);
}

void Member::end(std::chrono::milliseconds most) {
  if (!is_running()) return;
  if (!child_->wait(most)) {
    child_->signal(SIGKILL);
    child_->wait(kDying);
  }
  forget();
}

void Member::wipe() {
  CHECK(!is_running());
  std::error_code ignored;  // what cannot be removed shows as data that should not be there
  fs::remove_all(setup_.folder / "data", ignored);
  power_loss_.reset();
}

void Member::clean_up() {
  wipe();
  std::error_code ignored;
  fs::remove(setup_.folder / kEventLog, ignored);
}

std::string Member::last_words() const {
  constexpr std::streamoff kTail = 4096;
  std::ifstream log(setup_.folder / "node.log", std::ios::binary | std::ios::ate);
  const std::streamoff size = log.tellg();
  if (size <= 0) return "";
  log.seekg(size > kTail ? size - kTail : 0);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = std::move(line);
  }
  return last.empty() ? "" : "; its last line: " + last;
}

std::vector<node::Event> Member::take_events() {
  std::vector<node::Event> events;
  std::ifstream log(setup_.folder / kEventLog, std::ios::binary);
  log.seekg(static_cast<std::streamoff>(events_read_));
  for (std::string line; std::getline(log, line) && !log.eof();) {  // a line cut short: next time
    events_read_ += line.size() + 1;
    // A line that a dying node cut short, continued by the next incarnation, explains nothing.
    if (auto event = node::decode_event(line)) events.push_back(std::move(event.value()));
  }
  return events;
}

}  // namespace holdfast::harness
