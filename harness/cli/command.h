// What each word of the command line was asked to do, and the functions that do it. They return
// the program's exit code and print errors as one line each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "checkers/files/check_files.h"

namespace holdfast::harness {

struct RunCommand {
  std::string test;  // a scenario's name, or a file
  std::string on = "sim";
  std::filesystem::path hosts;  // for --on ssh
  std::string seed;             // empty: the test's, else 1
  std::vector<std::string> settings;
  std::vector<std::string> expectations;  // "path=min..max"
  bool strict = false;
  std::filesystem::path results = "results";
  std::filesystem::path node_program;  // empty: beside this program
  bool keep_data = false;
  bool quiet = false;
};
int run(const RunCommand& command);

// Runs are judged with all that is known of them; other histories by what their format holds, as
// the options say. With any of those options, a run's history is judged by them too.
struct CheckCommand {
  std::vector<std::filesystem::path> paths;
  bool strict = false;
  bool has_options = false;  // of `options`, one was given
  checkers::CheckOptions options;
};
int check(const CheckCommand& command);

struct ListCommand {
  std::string what;
};
int list(const ListCommand& command);

struct ReportCommand {
  std::filesystem::path folder;
};
int report(const ReportCommand& command);

struct ClusterUpCommand {
  std::uint16_t nodes = 5;
  std::vector<std::string> settings;
  std::string on = "loopback";
  std::filesystem::path hosts;  // for --on ssh
  std::filesystem::path data;   // empty: temporary
  std::filesystem::path node_program;
};
int cluster_up(const ClusterUpCommand& command);

// Removes what a power cut would leave.
int cleanup();

struct CampaignCommand {
  std::vector<std::string> tests;
  std::string on = "sim";
  std::vector<std::string> settings;
  std::vector<std::string> expectations;  // "path=min..max"
  std::string seed;                       // the first; empty: 1
  std::uint64_t seeds = 0;
  std::string budget;    // "10m"; empty: none
  std::size_t jobs = 0;  // 0: as many as there are cores
  bool keep_going = false;
  bool strict = false;
  bool json = false;
  bool quiet = false;
  std::filesystem::path results = "results";
  std::filesystem::path resume;  // the folder of an interrupted campaign
};
int campaign(const CampaignCommand& command);

struct ZooCommand {
  std::vector<std::string> bugs;  // none: all, and the correct node
  std::string seed;
  std::uint64_t seeds = 200;
  std::size_t jobs = 0;
  bool quiet = false;
  std::filesystem::path results = "results";
  std::filesystem::path markdown;  // where the table goes too
};
int zoo(const ZooCommand& command);

struct ReplayCommand {
  std::filesystem::path folder;
  std::string until;  // "12s", or an operation's index
  bool verbose = false;
  std::filesystem::path hosts;                // for a run that was --on ssh
  std::filesystem::path results = "results";  // where the folder of a real run's repetition is made
};
int replay(const ReplayCommand& command);

struct ShrinkCommand {
  std::filesystem::path folder;
  std::string budget = "2m";
  std::filesystem::path out;  // empty: shrunk.json in the folder
  bool quiet = false;
};
int shrink(const ShrinkCommand& command);

// Prints "holdfast: <message>" to the standard error and returns `code`.
int complain(const std::string& message, int code);

}  // namespace holdfast::harness
