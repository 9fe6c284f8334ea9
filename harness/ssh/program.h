// Programs of this machine that the harness calls: ssh, and a few of every system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "node/base/result.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

// Where the program is, by PATH. The error says which package has it.
Result<std::string> find_program(const std::string& name, const std::string& package);

// What the program printed, standard error included. An error if it failed, or took longer than
// 60 s; `scratch` is a folder for a file that does not outlive the call.
Result<std::string> output_of(boost::asio::io_context& context, const std::string& program,
                              const std::vector<std::string>& arguments,
                              const std::filesystem::path& scratch);

// The whole file; empty if there is none.
std::string text_of_file(const std::filesystem::path& path);
// The last line of a text that is not blank.
std::string last_line_of(const std::string& text);

}  // namespace holdfast::harness
