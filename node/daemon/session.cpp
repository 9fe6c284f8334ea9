#include "node/daemon/session.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/codec/client_codec.h"
#include "node/daemon/commands.h"

namespace holdfast::node {
namespace {

// Commands of one client under way; beyond, its input waits. How many depends on how large their
// replies are: thousands of small ones may be, a few large ones.
constexpr std::size_t kMaxUnderWay = 1024;
constexpr std::size_t kMinUnderWay = 2;
constexpr std::size_t kBytesUnderWay = std::size_t{1} << 20;
// Commands that may be answered while an earlier one is not.
constexpr std::size_t kMaxOvertaken = std::size_t{1} << 16;

}  // namespace

bool Session::can_execute() const {
  return !closing_ && !barrier_ && commands_.size() - answered_ < window_ &&
         commands_.size() < kMaxOvertaken;
}

void Session::execute(std::span<const std::string_view> arguments) {
  CHECK(can_execute());
  // Behind an unfinished command the reply must wait, too.
  const bool numbered = any_order_;
  if (numbered || !commands_.empty()) {
    commands_.emplace_back();
    commands_.back().version = version;
  }
  const std::uint64_t index = first_ + commands_.size() - 1;
  execute_command(*this, arguments);
  if (!numbered || index < first_ || commands_.back().pending) return;
  answer(commands_.back(), index);
  release();
}

void Session::reply_in_any_order() {
  CHECK(commands_.empty());
  any_order_ = true;
  first_ = 0;
}

void Session::wait(std::unique_ptr<PendingCommand> pending, Message request) {
  const std::uint64_t index = begin_waiting(std::move(pending));
  submit(commands_.back(), index, 0, std::move(request));
  end_of_submitting(index);
}

void Session::wait(std::unique_ptr<PendingCommand> pending, std::vector<Message> requests,
                   bool barrier) {
  CHECK(!requests.empty());
  const std::uint64_t index = begin_waiting(std::move(pending));
  barrier_ = barrier;
  submit(commands_.back(), index, std::move(requests));
  end_of_submitting(index);
}

std::uint64_t Session::begin_waiting(std::unique_ptr<PendingCommand> pending) {
  // execute() has made a place for the reply, unless this is the first.
  if (commands_.empty()) commands_.emplace_back();
  commands_.back().pending = std::move(pending);
  commands_.back().version = version;
  return first_ + commands_.size() - 1;
}

void Session::end_of_submitting(std::uint64_t index) {
  if (commands_.back().missing == 0) finish(commands_.back(), index);
  release();
}

void Session::submit(Command& command, std::uint64_t index, std::uint32_t part, Message&& request) {
  if (backend_.submit(*this, index, part, std::move(request))) {
    ++command.missing;
  } else {
    command.lost = true;
  }
}

void Session::submit(Command& command, std::uint64_t index, std::vector<Message> requests) {
  for (std::uint32_t part = 0; part < requests.size(); ++part) {
    submit(command, index, part, std::move(requests[part]));
  }
}

void Session::complete(std::uint64_t index, std::uint32_t part, Message&& reply) {
  CHECK(index >= first_ && index - first_ < commands_.size());
  Command& command = commands_[index - first_];
  CHECK(command.pending && command.missing > 0);
  command.pending->take(part, reply);
  if (--command.missing == 0) finish(command, index);
  release();
}

// All replies are there.
void Session::finish(Command& command, std::uint64_t index) {
  // Mostly its turn has come, and the reply need not wait in a buffer of its own.
  std::string& reply = index == first_ && !any_order_ ? output_ : command.reply;
  const std::size_t before = reply.size();
  RespWriter writer(reply, command.version);
  while (!command.lost) {
    std::vector<Message> more = command.pending->finish(writer);
    if (more.empty()) break;
    submit(command, index, std::move(more));
    if (command.missing > 0) return;
  }
  if (command.lost) writer.error(resp_error(ErrorCode::storage_failed, {}));
  const std::size_t fitting = kBytesUnderWay / std::max<std::size_t>(reply.size() - before, 1);
  window_ = std::min(window_ + 1, std::clamp(fitting, kMinUnderWay, kMaxUnderWay));
  command.pending.reset();
  barrier_ = false;
  if (any_order_) answer(command, index);
}

// Puts a numbered reply out.
void Session::answer(Command& command, std::uint64_t index) {
  RespWriter writer(output_, command.version);
  writer.array(2);
  writer.integer(static_cast<std::int64_t>(index));
  output_ += std::exchange(command.reply, {});
  command.answered = true;
  ++answered_;
}

// Moves the replies whose turn has come to the output.
void Session::release() {
  while (!commands_.empty() && !commands_.front().pending) {
    if (commands_.front().answered) {
      --answered_;
    } else if (output_.empty()) {
      output_.swap(commands_.front().reply);
    } else {
      output_ += commands_.front().reply;
    }
    commands_.pop_front();
    ++first_;
  }
}

void Session::refuse(std::string_view error) {
  if (!any_order_ && !commands_.empty()) commands_.emplace_back();
  (any_order_ ? RespWriter(output_, version) : reply()).error(error);
  closing_ = true;
}

}  // namespace holdfast::node
