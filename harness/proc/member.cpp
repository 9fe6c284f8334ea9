#include "harness/proc/member.h"

#include <signal.h>

#include <string_view>
#include <utility>

#include "node/codec/event_codec.h"

namespace holdfast::harness {

Member::Member(Host& host, boost::asio::io_context& context, Timers& timers,
               std::function<std::int64_t()> now_ns, MemberSetup setup,
               std::function<void(Death)> died)
    : host_(host),
      setup_(std::move(setup)),
      died_(std::move(died)),
      client_(context, timers, now_ns, setup_.ip, setup_.client_port, setup_.secret),
      timers_(timers),
      now_ns_(now_ns) {}

Result<> Member::start() {
  std::vector<std::string> arguments = setup_.arguments;
  if (power_loss_) {
    arguments.push_back("--after-power-loss");
    arguments.push_back(std::to_string(*power_loss_));
  }
  Result<> started = host_.start(arguments, [this](Death death) { take(std::move(death)); });
  if (started) power_loss_.reset();
  ++starts_;
  return started;
}

// Its process has ended, and nobody waited for it.
void Member::take(Death death) {
  const bool expected = ending_ && death.in_good_order;
  const auto then = std::exchange(then_, nullptr);
  forget();
  if (!expected) return mourn(std::move(death));
  if (then) then(start());
}

Result<> Member::stop(std::chrono::milliseconds most) {
  if (!is_running() || ending_) return {};
  ending_ = true;
  paused_ = false;
  const std::int64_t by_ns = now_ns_() + std::chrono::nanoseconds(most).count();
  timers_.add(by_ns, [this, most, of = starts_] {
    if (!ending_ || of != starts_) return;
    (void)kill();
    mourn({"it had not ended " + std::to_string(most.count() / 1000) + " s after SIGTERM"});
  });
  return ask_to_end();
}

void Member::start_when_ended(std::function<void(const Result<>&)> done) {
  if (ending_) then_ = std::move(done);
}

void Member::forget() {
  paused_ = false;
  ending_ = false;
  then_ = nullptr;
  client_.disconnect();
}

void Member::mourn(Death death) {
  death.why = node_name(setup_.node) + " ended by itself: " + death.why;
  died_(std::move(death));
}

Result<> Member::kill() { return end(std::chrono::milliseconds(0)); }

Result<> Member::lose_power(std::uint64_t seed) {
  if (is_running()) power_loss_ = seed;
  return kill();
}

Result<> Member::pause() {
  if (!is_running()) return {};
  paused_ = true;
  return host_.signal(SIGSTOP);
}

Result<> Member::resume() {
  paused_ = false;
  return host_.signal(SIGCONT);
}

Result<> Member::ask_to_end() {
  if (auto asked = host_.signal(SIGTERM); !asked) return asked;
  return host_.signal(SIGCONT);
}

Result<> Member::end(std::chrono::milliseconds most) {
  if (!is_running()) return {};
  Result<std::optional<Death>> ended = host_.end(most);
  const bool asked = ending_;
  forget();
  if (!ended) return fail(node_name(setup_.node) + " " + ended.error().message);
  if (*ended && !(asked && (*ended)->in_good_order)) mourn(std::move(**ended));
  return {};
}

Result<> Member::wipe() {
  power_loss_.reset();
  return host_.wipe();
}

Result<std::vector<node::Event>> Member::take_events() {
  const Result<std::string> text = host_.read(kEventLog, events_read_);
  if (!text) return text.error();
  std::vector<node::Event> events;
  std::string_view rest = text.value();
  for (std::size_t end = 0; (end = rest.find('\n')) != rest.npos;) {  // one cut short: next time
    // A line that a dying node cut short, continued by the next incarnation, explains nothing.
    if (auto event = node::decode_event(rest.substr(0, end))) {
      events.push_back(*event);
    }
    events_read_ += end + 1;
    rest.remove_prefix(end + 1);
  }
  return events;
}

}  // namespace holdfast::harness
