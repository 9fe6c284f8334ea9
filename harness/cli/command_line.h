// The command line of `holdfast`, parsed and done.
#pragma once

namespace holdfast::harness {

// The program's exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace holdfast::harness
