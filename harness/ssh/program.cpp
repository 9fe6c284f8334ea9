#include "harness/ssh/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "harness/proc/child.h"
#include "nemesis/linux/descriptor.h"

namespace holdfast::harness {

namespace fs = std::filesystem;

Result<std::string> find_program(const std::string& name, const std::string& package) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = (fs::path(folder) / name).string();
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return fail("there is no program " + name + " in PATH (package " + package + ")");
}

Result<std::string> output_of(boost::asio::io_context& context, const std::string& program,
                              const std::vector<std::string>& arguments, const fs::path& scratch) {
  const nemesis::Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ChildCommand command;
  command.program = program;
  command.arguments = arguments;
  command.log_file = (scratch / "output").string();
  command.lifeline = nothing.get();
  std::error_code ignored;
  fs::remove(command.log_file, ignored);
  Result<Child> child = Child::start(context, command);
  if (!child) return child.error();
  const auto ended = child->wait(std::chrono::seconds(60));
  std::string text = text_of_file(command.log_file);
  fs::remove(command.log_file, ignored);
  if (!ended) return fail(program + " did not end within 60 s");
  if (*ended == ExitReason{}) return text;
  const std::string said = last_line_of(text);
  return fail(program + " ended with " + to_string(*ended) + (said.empty() ? "" : ": " + said));
}

std::string text_of_file(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string last_line_of(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) last = std::move(line);
  }
  return last;
}

}  // namespace holdfast::harness
