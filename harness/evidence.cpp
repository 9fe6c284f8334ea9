#include "harness/evidence.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkers/history_file.h"
#include "harness/append_file.h"
#include "harness/event_log.h"
#include "harness/fault_log.h"
#include "harness/measured.h"
#include "harness/run_header.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

Result<> read_faults(const fs::path& folder, Evidence& evidence) {
  const fs::path path = folder / "faults.jsonl";
  if (!fs::exists(path)) return {};
  auto text = read_file(path.string());
  if (!text) return text.error();
  auto faults = parse_faults(*text, path.string());
  if (!faults) return faults.error();
  evidence.faults = fault_records(*faults, evidence.test.nodes);
  return {};
}

Result<> read_final(const fs::path& folder, Evidence& evidence) {
  const fs::path path = folder / "final.jsonl";
  if (!fs::exists(path)) {
    evidence.complete = false;
    evidence.notes.push_back("there are no final dumps (" + path.string() + ")");
    return {};
  }
  auto state = checkers::read_final_state(path.string(), evidence.history.keys);
  if (!state) return state.error();
  evidence.final_state = std::move(*state);
  return {};
}

void read_texts(const Json& json, const char* name, std::vector<std::string>& texts) {
  for (const Json& text : json.value(name, Json::array())) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
}

// What was measured; a killed run has none.
Result<> read_results(const fs::path& folder, Evidence& evidence) {
  const fs::path path = folder / "results.json";
  if (!fs::exists(path)) {
    evidence.complete = false;
    return {};
  }
  auto text = read_file(path.string());
  if (!text) return text.error();
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return fail(path.string() + ": expected a JSON object");
  read_measured(json.value("measured", Json()), evidence.facts);
  read_absence(json.value("absence", Json()), evidence.absence);
  read_repair(json.value("repair", Json()), evidence.repair);
  read_texts(json, "incidents", evidence.incidents);
  read_texts(json, "failures", evidence.failures);
  // What the run noted, then what reading it back added.
  std::vector<std::string> notes;
  read_texts(json, "notes", notes);
  for (std::string& note : evidence.notes) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
  }
  evidence.notes = std::move(notes);
  const bool whole = json.contains("interrupted") && json["interrupted"] == false;
  evidence.complete = evidence.complete && whole;
  return {};
}

}  // namespace

Result<Evidence> load_evidence(const fs::path& folder) {
  Evidence evidence;
  auto header = read_run_header(folder);
  if (!header) return header.error();
  evidence.test = std::move(header->test);
  evidence.seed = header->seed;
  evidence.cluster = std::move(header->cluster);
  auto history = checkers::read_history((folder / "history.jsonl").string());
  if (!history) return history.error();
  evidence.history = std::move(history->history);
  evidence.notes = std::move(history->warnings);
  evidence.facts = facts_of(evidence.test.config, evidence.test.parameters.value_bytes);
  evidence.facts.deadline = std::chrono::milliseconds(evidence.test.parameters.timeout_ms);
  if (auto read = read_faults(folder, evidence); !read) return read.error();
  if (auto read = read_final(folder, evidence); !read) return read.error();
  if (auto read = read_results(folder, evidence); !read) return read.error();
  evidence.events = read_event_logs((folder / "nodes").string(), evidence.test.nodes);
  measure_absence(evidence.history, evidence.final_state, evidence.faults, evidence.events,
                  evidence.absence);
  return evidence;
}

}  // namespace holdfast::harness
