// What each word of the command line was asked to do, and the functions that do it. They return
// the program's exit code and print errors as one line each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::harness {

struct RunCommand {
  std::string test;  // a scenario's name, or a file
  std::string on = "sim";
  std::string seed;  // empty: the test's, else 1
  std::vector<std::string> settings;
  bool strict = false;
  std::filesystem::path results = "results";
  std::filesystem::path node_program;  // empty: beside this program
  bool keep_data = false;
  bool quiet = false;
};
int run(const RunCommand& command);

struct CheckCommand {
  std::vector<std::filesystem::path> paths;
  bool strict = false;
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
  std::filesystem::path data;  // empty: temporary
  std::filesystem::path node_program;
};
int cluster_up(const ClusterUpCommand& command);

// Removes what a power cut would leave.
int cleanup();

// Prints "holdfast: <message>" to the standard error and returns `code`.
int complain(const std::string& message, int code);

}  // namespace holdfast::harness
