#include "harness/cli/command_line.h"

int main(int argc, char** argv) { return holdfast::harness::run_command_line(argc, argv); }
