// A host reached by ssh: what is asked of it, its agent does there with a LocalHost.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/proc/host.h"
#include "harness/ssh/host_connection.h"

namespace holdfast::harness {

class RemoteHost final : public Host {
 public:
  // `connection`, to an agent that is prepared, must outlive it. `folder`, of this machine, gets
  // the node's log.
  RemoteHost(HostConnection& connection, std::filesystem::path folder);

  bool is_running() const override { return running_; }
  Result<> start(const std::vector<std::string>& arguments,
                 std::function<void(Death)> died) override;
  Result<> signal(int number) override;
  Result<std::optional<Death>> end(std::chrono::milliseconds most) override;
  Result<> flip_bit(std::uint64_t seed) override;
  Result<> wipe() override;
  Result<std::string> read(const std::string& file, std::uint64_t from) override;
  // The agent ends too, and takes all that is left of the run with it.
  Result<> clean_up() override;

 private:
  void take_news(std::uint64_t start, const std::string& why, bool in_good_order);
  Result<> fetch_log();

  HostConnection& connection_;
  std::filesystem::path folder_;
  std::function<void(Death)> died_;
  std::uint64_t starts_ = 0;
  bool running_ = false;
};

}  // namespace holdfast::harness
