#include "harness/proc/local_host.h"

#include <fcntl.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fstream>
#include <sstream>
#include <utility>

#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::harness {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kDying{10000};  // how long the kernel may take over SIGKILL

// A node that was asked to end does so with code 0, or by SIGTERM while it still starts.
bool is_our_doing(const ExitReason& reason, bool asked) {
  if (reason.signalled) return reason.number == SIGKILL || (asked && reason.number == SIGTERM);
  return asked && reason.number == 0;
}

}  // namespace

// Waits for a child's end. It may outlive the host inside the event loop.
struct LocalHost::Watch {
  boost::asio::posix::stream_descriptor descriptor;

  Watch(boost::asio::io_context& context, int pidfd)
      : descriptor(context, ::fcntl(pidfd, F_DUPFD_CLOEXEC, 0)) {}
};

LocalHost::LocalHost(boost::asio::io_context& context, const Tether& tether, LocalHostSetup setup)
    : context_(context), tether_(tether), setup_(std::move(setup)) {}

LocalHost::~LocalHost() = default;

Result<> LocalHost::start(const std::vector<std::string>& arguments,
                          std::function<void(Death)> died) {
  CHECK(!is_running());
  std::error_code error;
  fs::create_directories(setup_.folder / "data", error);
  if (error) return fail("cannot make " + setup_.folder.string() + "/data: " + error.message());
  ChildCommand command{setup_.program,           arguments,
                       setup_.folder / kNodeLog, tether_.lifeline(),
                       setup_.network_fd,        {tether_.clock_fd(), tether_.disk_fd()}};
  for (const std::string& given :
       {std::string("--data"), (setup_.folder / "data").string(), std::string("--events"),
        (setup_.folder / kEventLog).string(), std::string("--clock-fd"),
        std::to_string(tether_.clock_fd()), std::string("--disk-fd"),
        std::to_string(tether_.disk_fd()), std::string("--revertible"), std::string("--parent-fd"),
        std::string("0"), std::string("--die-with-parent")}) {
    command.arguments.push_back(given);
  }
  if (!setup_.secret_file.empty()) {
    command.arguments.insert(command.arguments.end(),
                             {"--secret-file", setup_.secret_file.string()});
  }
  Result<Child> child = Child::start(context_, command);
  if (!child) return child.error();
  child_ = std::move(child.value());
  watch_ = std::make_shared<Watch>(context_, child_->pidfd());
  watch_->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [this, watch = std::weak_ptr(watch_),
       died = std::move(died)](const boost::system::error_code& cancelled) {
        if (cancelled || watch.expired()) return;
        const auto reason = child_->wait(std::chrono::milliseconds(0));
        forget();
        Death death{(reason ? to_string(*reason) : "no reason") + last_words()};
        death.in_good_order = reason && is_our_doing(*reason, true);
        died(std::move(death));
      });
  return {};
}

void LocalHost::forget() {
  watch_.reset();
  child_.reset();
}

Result<> LocalHost::signal(int number) {
  if (is_running()) child_->signal(number);
  return {};
}

Result<std::optional<Death>> LocalHost::end(std::chrono::milliseconds most) {
  if (!is_running()) return std::nullopt;
  const bool asked = most.count() > 0;
  std::optional<ExitReason> reason;
  if (asked) reason = child_->wait(most);
  if (!reason) {
    child_->signal(SIGKILL);
    reason = child_->wait(kDying);
  }
  forget();
  if (!reason) return fail("has not ended 10 s after SIGKILL");
  if (is_our_doing(*reason, asked)) return std::nullopt;
  Death death{to_string(*reason) + last_words()};
  death.in_good_order = is_our_doing(*reason, true);
  return std::optional(std::move(death));
}

Result<> LocalHost::flip_bit(std::uint64_t seed) {
  std::fstream file(setup_.folder / "data" / "node.db",
                    std::ios::binary | std::ios::in | std::ios::out | std::ios::ate);
  const std::streamoff size = file.tellg();
  if (size <= 0) return {};
  Random random(seed);
  const auto place = static_cast<std::streamoff>(random.below(static_cast<std::uint64_t>(size)));
  const auto mask = static_cast<char>(1u << random.below(8));
  const char old = static_cast<char>(file.seekg(place).get());
  file.seekp(place).put(static_cast<char>(old ^ mask));
  return {};
}

Result<> LocalHost::wipe() {
  CHECK(!is_running());
  std::error_code ignored;  // what cannot be removed shows as data that should not be there
  fs::remove_all(setup_.folder / "data", ignored);
  return {};
}

Result<std::string> LocalHost::read(const std::string& file, std::uint64_t from) {
  std::ifstream in(setup_.folder / file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<> LocalHost::clean_up() {
  if (setup_.keep_data) return {};
  std::error_code ignored;
  fs::remove(setup_.folder / kEventLog, ignored);
  return wipe();
}

std::string LocalHost::last_words() const {
  constexpr std::streamoff kTail = 4096;
  std::ifstream log(setup_.folder / kNodeLog, std::ios::binary | std::ios::ate);
  const std::streamoff size = log.tellg();
  if (size <= 0) return "";
  log.seekg(size > kTail ? size - kTail : 0);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = std::move(line);
  }
  return last.empty() ? "" : "; its last line: " + last;
}

}  // namespace holdfast::harness
