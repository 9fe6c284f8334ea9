#include "harness/cli/interruption.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "harness/cli/exit_code.h"
#include "node/base/check.h"

namespace holdfast::harness {
namespace {

std::function<void()> on_first;
std::string_view text_on_first;
volatile sig_atomic_t signals = 0;

extern "C" void take_signal(int) {
  signals = signals + 1;
  if (signals > 1) ::_exit(kExitHarnessError);
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, text_on_first.data(), text_on_first.size());
  on_first();
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

}  // namespace

Interruption::Interruption(std::string_view text, std::function<void()> first) {
  CHECK(!on_first);
  text_on_first = text;
  on_first = std::move(first);
  signals = 0;
  handle(take_signal);
}

Interruption::~Interruption() {
  handle(SIG_DFL);
  on_first = nullptr;
}

}  // namespace holdfast::harness
