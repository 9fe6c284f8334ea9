// What the host's shell is told before there is an agent: to say what it is, which files of a
// bundle it lacks, to take those, and to become the agent. The harness's folder on a host is
// ~/.cache/holdfast: files/ by content, and bundle-<id>/ with links to them.
#pragma once

#include <string>
#include <vector>

#include "harness/ssh/bundle.h"
#include "harness/ssh/hosts_file.h"

namespace holdfast::harness {

// Prints "holdfast <machine>", as uname -m has it, "missing <sha256>" for each file that is not
// there, and "ready". Then waits for a line, and becomes the agent.
std::string arrival_command(const SshHost& host, const Bundle& bundle);

// Takes the contents of these files, one after the other, on its standard input. Fails unless they
// arrive whole.
std::string copy_command(const std::vector<const BundleFile*>& files);

}  // namespace holdfast::harness
