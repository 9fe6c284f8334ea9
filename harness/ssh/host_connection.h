// The connection to one host: at first to a shell there, which takes what the host lacks, then to
// the agent that the shell becomes. One JSON object a line each way; agent.h has the words.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/ssh/bundle.h"
#include "harness/ssh/hosts_file.h"
#include "harness/ssh/ssh_session.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct HostConnectionSetup {
  NodeId node = 0;
  SshHost host;
  std::string ssh;                   // the program
  std::filesystem::path ssh_config;  // instead of ~/.ssh/config
  std::filesystem::path scratch;     // a folder of the harness's
};

// Errors name the node and its host.
class HostConnection {
 public:
  // How long the agent may take over an answer that needs no waiting.
  static constexpr std::chrono::milliseconds kAnswerMost{15000};

  HostConnection(boost::asio::io_context& context, HostConnectionSetup setup);
  // Closes it.
  ~HostConnection();

  // "n2 (vm2)".
  std::string name() const { return node_name(setup_.node) + " (" + setup_.host.host + ")"; }

  // To be called in this order, each for all hosts before the next, so that all work meanwhile.
  Result<> open(const Bundle& bundle);
  // An answer of the host: it can be reached, and has this machine's architecture.
  Result<> await_shell(const Bundle& bundle);
  Result<> begin_copy();
  Result<> await_copy();
  Result<> begin_agent();
  // The agent runs, and it and its node's program are of this version.
  Result<> await_agent();

  // REQUIRES, from here on: await_agent() was ok.
  Result<nlohmann::json> call(const nlohmann::json& request,
                              std::chrono::milliseconds most = kAnswerMost);
  // call() in two, to ask several hosts at once.
  Result<> send(const nlohmann::json& request);
  Result<nlohmann::json> receive(std::chrono::milliseconds most = kAnswerMost);
  // The bytes that follow an answer which has "bytes".
  Result<std::string> read_bytes(std::uint64_t count);

  // `died(start, why)` is called, from the event loop, when the agent says that the node died which
  // was started by the start of that number; and with start 0 when the connection has ended.
  void watch(std::function<void(std::uint64_t start, std::string why, bool in_good_order)> died);
  // The agent ends, and with it all that it made. Waits for that.
  void close();

 private:
  struct Watch;

  Error error(const std::string& message) const { return fail(name() + ": " + message); }
  std::vector<std::string> arguments(bool first, const std::string& command) const;
  void await_lines();
  // Whether the line was news; an answer otherwise.
  bool take_news(const std::string& line);

  boost::asio::io_context& context_;
  HostConnectionSetup setup_;
  std::optional<SshSession> session_;
  bool agent_begun_ = false;
  std::vector<const BundleFile*> missing_;
  std::vector<Child> copying_;  // what reads the files, and ssh
  std::function<void(std::uint64_t, std::string, bool)> died_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace holdfast::harness
