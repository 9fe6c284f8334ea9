// The parameters of a workload: what a test file's "workload" object says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/history.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::workloads {

enum class KeyChoice : std::uint8_t {
  uniform,    // every key is as likely as any other
  zipf,       // a few keys are hot
  sequential  // each key in its turn
};

// What happens to operations that are due while every client waits for an answer.
enum class Arrivals : std::uint8_t {
  queued,  // they wait for a client, and come as a burst after a stall
  closed,  // none are due: the load stands still with its clients
  open     // they begin at once, as if there were always another client
};

// One operation of a script (workloads/script.h).
struct ScriptedOperation {
  Duration at{0};       // since the load began
  bool at_end = false;  // instead: once everything has settled
  checkers::Function function = checkers::Function::read;
  std::uint64_t key = 0;
  NodeId node = kNoNode;  // kNoNode: as clients go round
};

// Ratios are counted in thousandths: no floating point in a decision.
struct Parameters {
  std::uint64_t keys = 2000;
  std::uint64_t writes = 0;  // deletes included; 0: each key once, plus the overwrites
  std::uint32_t overwrites_per_mille = 670;  // of the number of keys, where `writes` is 0
  std::uint32_t deletes_per_mille = 20;      // of the overwrites
  std::uint32_t reads_per_mille = 500;       // of all operations
  KeyChoice key_choice = KeyChoice::uniform;
  std::uint32_t zipf_per_mille = 990;  // the exponent
  std::uint32_t value_bytes = 100;
  std::uint32_t clients = 10;
  Arrivals arrivals = Arrivals::queued;
  std::uint64_t rate = 0;            // operations a second; 0: as the duration or the clients allow
  std::uint64_t burst_every_ms = 0;  // 0: spread evenly
  std::uint64_t timeout_ms = 5000;   // after which a client gives up on its request
  std::vector<ScriptedOperation> script;
};

struct ParameterDoc {
  std::string_view name;  // as in test files
  std::string_view type;  // "integer", "ratio" or the choices: "uniform|zipf|sequential"
  std::string default_value;
  std::string_view doc;
};
std::vector<ParameterDoc> parameter_docs();

// Sets one by its name. An error says what was expected.
Result<> set_parameter(Parameters& parameters, std::string_view name, std::string_view value);
std::string parameter(const Parameters& parameters, std::string_view name);

}  // namespace holdfast::workloads
