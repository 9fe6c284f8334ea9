// This machine, as the host of one node: a child process, and a folder of the run.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "harness/proc/child.h"
#include "harness/proc/host.h"
#include "harness/proc/tether.h"

namespace holdfast::harness {

struct LocalHostSetup {
  std::filesystem::path program;      // holdfast-node
  std::filesystem::path folder;       // of this node: kNodeLog, kEventLog, data/
  int network_fd = -1;                // of the network namespace that it enters; -1: the harness's
  bool keep_data = false;             // clean_up() leaves the disk
  std::filesystem::path secret_file;  // what clients and peers must show; empty: nothing
};

class LocalHost final : public Host {
 public:
  // `context` and `tether` must outlive it.
  LocalHost(boost::asio::io_context& context, const Tether& tether, LocalHostSetup setup);
  ~LocalHost() override;

  bool is_running() const override { return child_.has_value(); }
  Result<> start(const std::vector<std::string>& arguments,
                 std::function<void(Death)> died) override;
  Result<> signal(int number) override;
  Result<std::optional<Death>> end(std::chrono::milliseconds most) override;
  Result<> flip_bit(std::uint64_t seed) override;
  Result<> wipe() override;
  Result<std::string> read(const std::string& file, std::uint64_t from) override;
  Result<> clean_up() override;

 private:
  struct Watch;

  void forget();
  // The last line that it logged, to say why it died.
  std::string last_words() const;

  boost::asio::io_context& context_;
  const Tether& tether_;
  LocalHostSetup setup_;
  std::optional<Child> child_;
  std::shared_ptr<Watch> watch_;  // of the running child
};

}  // namespace holdfast::harness
