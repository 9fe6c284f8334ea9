#include "harness/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/worlds.h"
#include "harness/ssh/agent.h"
#include "node/base/spelling.h"

namespace holdfast::harness {
namespace {

// Each setup describes one subcommand and sets `chosen` to the call that does it.
using Chosen = std::function<int()>;

void add_hosts(CLI::App& app, std::filesystem::path& hosts) {
  app.add_option("--hosts", hosts, "the hosts file, for runs on ssh (docs/real-clusters.md)");
}

void add_expect(CLI::App& app, std::vector<std::string>& expectations) {
  app.add_option(
         "--expect", expectations,
         "path=min..max, for a number of results.json; repeatable. A changed setting drops\n"
         "the numbers that the test file expects")
      ->allow_extra_args(false);
}

void setup_run(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<RunCommand>();
  CLI::App* run_app = app.add_subcommand("run", "run a test and judge it");
  run_app->add_option("test", command->test, "a scenario (holdfast list scenarios) or a test file")
      ->required();
  run_app
      ->add_option("--on", command->on,
                   "the cluster: simulated, or processes on loopback, in namespaces or on hosts")
      ->check(CLI::IsMember(kWorlds))
      ->capture_default_str();
  add_hosts(*run_app, command->hosts);
  run_app->add_option("--seed", command->seed,
                      "a number or a git hash; decides load and faults, in the simulator all");
  run_app->add_option("--set", command->settings, "path=value, over the test's own; repeatable")
      ->allow_extra_args(false);
  add_expect(*run_app, command->expectations);
  run_app->add_flag("--strict", command->strict,
                    "anomalies that the configuration allows make the run invalid too");
  run_app->add_option("--results", command->results, "where the run's folder is made")
      ->capture_default_str();
  run_app->add_option("--node-program", command->node_program,
                      "holdfast-node for real processes (else the one beside this program)");
  run_app->add_flag("--keep-data", command->keep_data, "keep the disks of real processes");
  run_app->add_flag("--quiet", command->quiet, "no live line, no report; only the verdict");
  run_app->callback([command, &chosen] { chosen = [command] { return run(*command); }; });
}

// The library's own check names the largest number that there is, in 309 digits.
std::string what_is_wrong_with_seconds(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  const bool good = !text.empty() && *end == '\0' && seconds >= 0 && std::isfinite(seconds);
  return good ? "" : "expected seconds, such as 10 or 0.5, not \"" + text + "\"";
}

void setup_check(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<CheckCommand>();
  CLI::App* check_app =
      app.add_subcommand("check", "judge recorded runs again, or any system's histories");
  check_app
      ->add_option("path", command->paths,
                   "the folder of a run, a history file (Holdfast's, Jepsen's EDN or\n"
                   "console log, Porcupine's; packed or not), a folder of such files,\n"
                   "or - for standard input")
      ->required();
  check_app->add_flag("--strict", command->strict,
                      "anomalies that the configuration allows make the run invalid too");
  checkers::CheckOptions& options = command->options;
  const std::vector<CLI::Option*> of_histories = {
      check_app->add_option("--model", options.model, "of the data (holdfast list models)"),
      check_app
          ->add_option("--checker", options.checkers,
                       "by name, or several with commas (holdfast list checkers); repeatable")
          ->delimiter(',')
          ->allow_extra_args(false),
      check_app->add_option("--format", options.format,
                            "jsonl, edn, jepsen-log, jepsen-table, operations or porcupine-kv\n"
                            "(else by their content)"),
      check_app
          ->add_option("--keys", options.keys,
                       "whether values of two elements are [key value] (else where all\n"
                       "operations have one)")
          ->check(CLI::IsMember({"none", "pairs"})),
      check_app
          ->add_option("--order", options.order,
                       "of events: that of the file, or of their times (else of their\n"
                       "indexes, if each has one, and of the file)")
          ->check(CLI::IsMember({"file", "time"})),
      check_app
          ->add_option("--map", options.names,
                       "names of fields, ours=theirs: process=client,value=val; repeatable")
          ->delimiter(',')
          ->allow_extra_args(false),
      check_app->add_flag("--text-numbers", options.text_numbers,
                          "a text that is a number is that number: \"3\" is 3"),
      check_app->add_option("--initial", options.initial, "the state before the first operation"),
      check_app
          ->add_option("--nil-reads", options.nil_reads, "whether nil read is a value, or unknown")
          ->check(CLI::IsMember({"any", "value"})),
      check_app->add_option("--json", options.json, "a file for the verdicts, - for here"),
      check_app->add_option("--most-configurations", options.most_configurations,
                            "of a search, per key; past them the verdict is unknown"),
      check_app->add_option("--most-bytes", options.most_bytes, "of a search's memory"),
      check_app
          ->add_option("--time-limit", options.time_limit_s,
                       "in seconds; past it what is not judged is unknown (else none)")
          ->check(CLI::Validator(what_is_wrong_with_seconds, "SECONDS")),
      check_app->add_option("--write", options.write,
                            "the one history to this file too, in the format of its ending"),
      check_app->add_option("--html", options.html,
                            "a picture of the one history: a page to open in a browser"),
      check_app->add_option("--threads", options.threads, "0: one a core")};
  check_app->add_flag("--quiet", options.quiet, "of histories, only the summary");
  check_app->callback([command, of_histories, &chosen] {
    for (const CLI::Option* option : of_histories) command->has_options |= option->count() > 0;
    chosen = [command] { return check(*command); };
  });
}

void setup_list(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ListCommand>();
  CLI::App* list_app = app.add_subcommand("list", "what there is, a line each");
  list_app
      ->add_option("what", command->what,
                   "scenarios, workloads, nemeses, checkers, models, bugs or config")
      ->check(CLI::IsMember(
          {"scenarios", "workloads", "nemeses", "checkers", "models", "bugs", "config"}))
      ->required();
  list_app->callback([command, &chosen] { chosen = [command] { return list(*command); }; });
}

void setup_report(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ReportCommand>();
  CLI::App* report_app =
      app.add_subcommand("report", "print a finished run's report, and write its report.html");
  report_app->add_option("folder", command->folder, "the folder of a run")->required();
  report_app->callback([command, &chosen] { chosen = [command] { return report(*command); }; });
}

void setup_cluster(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ClusterUpCommand>();
  CLI::App* cluster_app = app.add_subcommand("cluster", "a cluster to play with by hand");
  cluster_app->require_subcommand(1);
  CLI::App* up = cluster_app->add_subcommand("up", "real processes in the foreground");
  up->add_option("--nodes", command->nodes, "how many")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  up->add_option("--on", command->on, "on loopback, each in a network namespace, or on hosts")
      ->check(CLI::IsMember({"loopback", "netns", "ssh"}))
      ->capture_default_str();
  add_hosts(*up, command->hosts);
  up->add_option("--set", command->settings, "name=value (holdfast list config); repeatable")
      ->allow_extra_args(false);
  up->add_option("--data", command->data, "keep the nodes' disks and logs in this folder");
  up->add_option("--node-program", command->node_program,
                 "holdfast-node (else the one beside this program)");
  up->callback([command, &chosen] { chosen = [command] { return cluster_up(*command); }; });
}

void setup_campaign(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<CampaignCommand>();
  CLI::App* campaign_app =
      app.add_subcommand("campaign", "many seeds of some tests, findings grouped by their cause");
  campaign_app->add_option("test", command->tests,
                           "scenarios, test files, or \"random\": a test drawn from each seed");
  campaign_app
      ->add_option("--on", command->on,
                   "the cluster: simulated, or real processes, one run at a time")
      ->check(CLI::IsMember({"sim", "loopback", "netns"}))
      ->capture_default_str();
  campaign_app->add_option("--seeds", command->seeds, "how many seeds of each test");
  campaign_app->add_option("--for", command->budget, "how long: 10m");
  campaign_app->add_option("--jobs", command->jobs, "worker processes (else one for each core)");
  campaign_app->add_option("--seed", command->seed, "the first seed: a number or a git hash");
  campaign_app
      ->add_option("--set", command->settings, "path=value, over the tests' own; repeatable")
      ->allow_extra_args(false);
  campaign_app->add_flag("--keep-going", command->keep_going, "do not stop at the first finding");
  campaign_app->add_flag("--strict", command->strict,
                         "anomalies that the configuration allows are findings too");
  campaign_app->add_flag("--json", command->json, "print the summary as JSON");
  campaign_app->add_flag("--quiet", command->quiet, "no live line");
  campaign_app->add_option("--results", command->results, "where the campaign's folder is made")
      ->capture_default_str();
  campaign_app->add_option("--resume", command->resume,
                           "go on with the interrupted campaign in this folder");
  campaign_app->callback([command, &chosen] { chosen = [command] { return campaign(*command); }; });
}

void setup_zoo(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ZooCommand>();
  CLI::App* zoo_app =
      app.add_subcommand("zoo", "plant known bugs in the nodes and see which checker finds them");
  zoo_app->add_option("bug", command->bugs,
                      "names (holdfast list bugs; else all, and the correct node)");
  zoo_app->add_option("--seeds", command->seeds, "budget of each bug")->capture_default_str();
  zoo_app->add_option("--seed", command->seed, "the first seed: a number or a git hash");
  zoo_app->add_option("--jobs", command->jobs, "worker processes (else one for each core)");
  zoo_app->add_flag("--quiet", command->quiet, "no live line");
  zoo_app->add_option("--results", command->results, "where the table's folder is made")
      ->capture_default_str();
  zoo_app->add_option("--markdown", command->markdown, "write the table to this file too");
  zoo_app->callback([command, &chosen] { chosen = [command] { return zoo(*command); }; });
}

void setup_replay(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ReplayCommand>();
  CLI::App* replay_app =
      app.add_subcommand("replay", "repeat a recorded run, and say whether it was the same");
  replay_app->add_option("folder", command->folder, "the folder of a run")->required();
  replay_app->add_option("--until", command->until,
                         "stop at this time (12s) or at this operation (its index)");
  replay_app->add_flag("--verbose", command->verbose, "print every event of the simulator");
  add_hosts(*replay_app, command->hosts);
  replay_app
      ->add_option("--results", command->results, "where a run on real processes is repeated to")
      ->capture_default_str();
  replay_app->callback([command, &chosen] { chosen = [command] { return replay(*command); }; });
}

void setup_shrink(CLI::App& app, Chosen& chosen) {
  auto command = std::make_shared<ShrinkCommand>();
  CLI::App* shrink_app =
      app.add_subcommand("shrink", "find the smallest test that fails as a recorded run did");
  shrink_app->add_option("folder", command->folder, "the folder of a run")->required();
  shrink_app->add_option("--for", command->budget, "how long to try")->capture_default_str();
  shrink_app->add_option("--out", command->out, "the test file to write (else shrunk.json there)");
  shrink_app->add_flag("--quiet", command->quiet, "no live line");
  shrink_app->callback([command, &chosen] { chosen = [command] { return shrink(*command); }; });
}

void setup_cleanup(CLI::App& app, Chosen& chosen) {
  CLI::App* cleanup_app =
      app.add_subcommand("cleanup", "remove what a power cut left: temporary folders in no use");
  cleanup_app->callback([&chosen] { chosen = [] { return cleanup(); }; });
}

// What `--on ssh` starts on the hosts; nobody types it.
void setup_agent(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<AgentOptions>();
  CLI::App* agent_app = app.add_subcommand("agent", "keep one node on this host")->group("");
  agent_app->add_option("--folder", options->folder)->required();
  agent_app->add_option("--node-program", options->node_program)->required();
  agent_app->callback([options, &chosen] { chosen = [options] { return run_agent(*options); }; });
}

// The words that may follow here.
std::vector<std::string_view> words_of(const CLI::App& app) {
  std::vector<std::string_view> words;
  for (const CLI::App* word : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!word->get_group().empty()) words.push_back(word->get_name());
  }
  return words;
}

std::string unknown_option(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& each : option->get_lnames()) names.push_back("--" + each);
  }
  if (std::ranges::count(names, name) > 0) return "";
  const std::string meant = did_you_mean(name, {names.begin(), names.end()});
  return "there is no option \"" + name + "\"" + (meant.empty() ? "" : "; " + meant);
}

// The first argument that is no word or option where it stands, in a sentence; else nothing.
std::string unknown_argument(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--")) {
      std::string unknown = unknown_option(*at, argument.substr(0, argument.find('=')));
      if (!unknown.empty()) return unknown;
    }
    const auto words = words_of(*at);
    if (argument.starts_with("-") || words.empty()) continue;
    const auto found = std::ranges::find(words, argument);
    if (found == words.end()) {
      return "there is no word \"" + argument + "\"; " + known_names(argument, words);
    }
    at = at->get_subcommand(argument);
  }
  if (const auto words = words_of(*at); !words.empty()) {
    return "a word is missing; " + known_names("", words);
  }
  return "";
}

}  // namespace

int complain(const std::string& message, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "holdfast: %s\n", message.c_str());
  return code;
}

int run_command_line(int argc, const char* const* argv) {
  CLI::App app("Does a store with hinted handoff keep what it acknowledged?", "holdfast");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 valid, 1 invalid, 2 unknown, 254 bad arguments, 255 harness error.");
  Chosen chosen;
  setup_run(app, chosen);
  setup_check(app, chosen);
  setup_list(app, chosen);
  setup_report(app, chosen);
  setup_cluster(app, chosen);
  setup_cleanup(app, chosen);
  setup_agent(app, chosen);
  setup_campaign(app, chosen);
  setup_zoo(app, chosen);
  setup_replay(app, chosen);
  setup_shrink(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = unknown_argument(app, {argv + 1, argv + std::max(argc, 1)});
    return complain((unknown.empty() ? error.what() : unknown) + " (holdfast --help)",
                    kExitBadArguments);
  }
  return chosen();
}

}  // namespace holdfast::harness
