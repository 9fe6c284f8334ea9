#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "node/daemon/daemon.h"
#include "node/daemon/log.h"
#include "node/daemon/server_facts.h"

namespace holdfast::node {
namespace {

constexpr int kBadArguments = 254;
constexpr int kEnvironment = 255;

int complain(int code, const std::string& text) {
  std::fprintf(stderr, "holdfast-node: %s\n", text.c_str());
  return code;
}

// The parent's death must not leave this process behind, whenever it happens.
bool die_with_parent() {
  const pid_t parent = ::getppid();
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

int run(const OptionTexts& texts) {
  const Result<Options> options = make_options(texts);
  if (!options) return complain(kBadArguments, options.error().message);
  if (options->die_with_parent && !die_with_parent()) {
    return complain(kEnvironment, "the parent is gone already");
  }
  const std::string name = options->cluster + "/" + node_name(options->id);
  if (const auto opened = open_log(options->log_file, options->log_level, name); !opened) {
    return complain(kBadArguments, opened.error().message);
  }
  const auto daemon = Daemon::start(*options);
  if (!daemon) return complain(kEnvironment, daemon.error().message);
  (*daemon)->run();
  return 0;
}

void add_options(CLI::App& app, OptionTexts& texts) {
  const auto add = [&](const std::string& flag, const std::string& help) {
    std::string name = flag;
    std::replace(name.begin(), name.end(), '-', '_');
    app.add_option_function<std::string>(
           "--" + flag, [&texts, name](const std::string& text) { texts.emplace_back(name, text); },
           help)
        ->take_last();
  };
  add("id", "this node's name: n1, n2, …");
  add("members", "all nodes: n1=127.0.0.1:7101,n2=127.0.0.1:7102,…");
  add("data", "directory of the store; made if it is not there");
  add("bind", "address to listen on (default 127.0.0.1; for peers, this node's own in --members)");
  add("client-port", "port for Redis clients (default: any)");
  add("http-port", "port for /metrics and /status (default: any)");
  add("peer-port", "port for peers, where it is not the one in --members");
  add("cluster", "name of the cluster; peers of another are refused");
  add("secret-file", "file with the secret that peers and clients must show");
  add("events", "file to which events are appended, as JSON lines");
  add("log-file", "file to which the log is appended (default: standard error)");
  add("log-level", "debug, info, warn, error or off");
  add("ready-fd", "descriptor that gets one line once the node listens");
  add("parent-fd", "descriptor of a pipe; the node ends when its other end is closed");
  app.add_flag_callback(
      "--die-with-parent", [&texts] { texts.emplace_back("die_with_parent", "true"); },
      "be killed when the process that started this one ends");
  add("clock-fd", "descriptor of a harness's clock page: it moves this node's wall clock");
  add("disk-fd", "descriptor of a harness's disk page: it makes this node's disk fail");
  app.add_flag_callback(
      "--revertible", [&texts] { texts.emplace_back("revertible", "true"); },
      "remember what unsynced writes replaced, so that a power loss can be acted out");
  add("after-power-loss", "act it out: a seed decides which unsynced pages are lost or torn");
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&texts](const std::vector<std::string>& all) {
           for (const std::string& one : all) texts.emplace_back("set", one);
         },
         "a setting, name=value; may be repeated")
      ->allow_extra_args(false);
}

}  // namespace
}  // namespace holdfast::node

int main(int argc, char** argv) {
  using namespace holdfast::node;
  CLI::App app("A node of a Holdfast cluster. It speaks RESP, the Redis protocol, to clients.",
               "holdfast-node");
  std::string file;
  OptionTexts from_command_line;
  app.add_option("--config", file, "file of options, JSON with comments; the command line wins");
  app.set_version_flag("--version", std::string("holdfast-node ") + kVersionText);
  add_options(app, from_command_line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::CallForVersion&) {
    std::printf("holdfast-node %s\n", kVersionText);
    return 0;
  } catch (const CLI::ParseError& error) {
    return complain(kBadArguments, error.what());
  }
  OptionTexts texts;
  if (!file.empty()) {
    auto from_file = read_options_file(file);
    if (!from_file) return complain(kBadArguments, from_file.error().message);
    texts = std::move(*from_file);
  }
  texts.insert(texts.end(), from_command_line.begin(), from_command_line.end());
  return run(texts);
}
