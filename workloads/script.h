// A script: the operations are a list in the test file, so that a person can read and change them.
// What shrinking leaves of a load is one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workloads/workload.h"

namespace holdfast::workloads {

WorkloadKind script_kind();

// "1500ms write k17 on n2", "3s read k4", "end read k17": a time since the load began, or `end` for
// after everything has settled; write, read or delete; a key; perhaps a node. Lists are separated
// by ';'. The error names the first that is not of that form.
Result<std::vector<ScriptedOperation>> parse_script(std::string_view text);
// One of them; `index`, from 0, is its place for messages.
Result<ScriptedOperation> parse_operation(std::size_t index, std::string_view text);
// Refuses an operation that names a node which is not there.
Result<> check_node(std::size_t index, const ScriptedOperation& operation, std::uint16_t nodes);
std::string to_string(const std::vector<ScriptedOperation>& script);
std::string to_string(const ScriptedOperation& operation);

}  // namespace holdfast::workloads
