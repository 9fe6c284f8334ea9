#include "report/timeline.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "nemesis/schedule.h"

namespace holdfast::report {
namespace {

using Json = nlohmann::ordered_json;

// What follows `name` in the line; nothing if it is not there.
std::optional<std::string_view> after(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == line.npos) return std::nullopt;
  return line.substr(at + name.size());
}

std::optional<std::string_view> text_after(std::string_view line, std::string_view name) {
  const auto rest = after(line, name);
  if (!rest) return std::nullopt;
  const std::size_t end = rest->find('"');
  if (end == rest->npos) return std::nullopt;
  return rest->substr(0, end);
}

void read_history_file(const std::filesystem::path& path, Timeline& timeline) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  SlotCounter counter;
  HistoryLine scanned;
  for (std::string line; std::getline(file, line);) {
    if (!scan_history_line(line, scanned)) continue;
    timeline.end_ns = std::max(timeline.end_ns, scanned.time_ns);
    if (scanned.type == "ok") counter.add(scanned.time_ns, SlotCounter::Outcome::ok);
    if (scanned.type == "fail") counter.add(scanned.time_ns, SlotCounter::Outcome::fail);
    if (scanned.type == "info") counter.add(scanned.time_ns, SlotCounter::Outcome::info);
    if (scanned.type == "phase") {
      timeline.phases.push_back({std::string(scanned.value), scanned.time_ns});
    }
  }
  counter.move_to(timeline);
}

void end_all(Timeline& timeline, std::int64_t heal_ns) {
  for (Timeline::Fault& fault : timeline.faults) {
    if (fault.end_ns < 0 || fault.end_ns > heal_ns) fault.end_ns = heal_ns;
  }
}

void read_fault_file(const std::filesystem::path& path, Timeline& timeline) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("fault")) continue;
    const auto text = [&](const char* name) {
      return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
    };
    if (!json.contains("time") || !json["time"].is_number_integer()) continue;
    if (text("fault") == nemesis::kHeal) {  // of everything; the phases show it
      end_all(timeline, json["time"].get<std::int64_t>());
      continue;
    }
    Timeline::Fault fault;
    // What the schedule names, with what it came down to: "outage n3 (kill)".
    const std::string by = text("by");
    fault.text = (by.empty() ? text("fault") : by) + (text("on").empty() ? "" : " " + text("on"));
    if (!by.empty() && by != text("fault")) fault.text += " (" + text("fault") + ")";
    fault.start_ns = json["time"].get<std::int64_t>();
    if (const auto length = nemesis::parse_duration(text("for"))) {
      fault.end_ns = fault.start_ns + std::chrono::nanoseconds(*length).count();
    }
    if (json.contains("ended") && json["ended"].is_number_integer()) {
      fault.end_ns = json["ended"].get<std::int64_t>();
    }
    timeline.faults.push_back(std::move(fault));
  }
}

}  // namespace

bool scan_history_line(std::string_view line, HistoryLine& scanned) {
  const auto time = after(line, "\"time\":");
  const auto type = text_after(line, "\"type\":\"");
  if (!time || !type || !line.ends_with('}')) return false;
  const auto [stopped, error] =
      std::from_chars(time->data(), time->data() + time->size(), scanned.time_ns);
  if (error != std::errc()) return false;
  scanned.type = *type;
  scanned.value = text_after(line, "\"value\":\"").value_or("");
  return true;
}

void SlotCounter::add(std::int64_t time_ns, Outcome outcome) {
  if (time_ns < 0) return;
  // 1, 5, 10, 50, 100, 500 ms, 1, 5, 10, 30 s, 1, 5, 10, 30 min, 1, 6, 12 h, and twice that each.
  static constexpr std::size_t kFactors[] = {5, 2, 5, 2, 5, 2, 5, 2, 3, 2, 5, 2, 3, 2, 6};
  while (time_ns / slot_ns_ >= static_cast<std::int64_t>(kMostSlots)) {
    join(step_ < std::size(kFactors) ? kFactors[step_] : 2);
    ++step_;
  }
  const auto index = static_cast<std::size_t>(time_ns / slot_ns_);
  if (slots_.size() <= index) slots_.resize(index + 1);
  Timeline::Slot& slot = slots_[index];
  ++(outcome == Outcome::ok ? slot.ok : outcome == Outcome::fail ? slot.fail : slot.info);
}

void SlotCounter::join(std::size_t count) {
  std::vector<Timeline::Slot> joined((slots_.size() + count - 1) / count);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    joined[i / count].ok += slots_[i].ok;
    joined[i / count].fail += slots_[i].fail;
    joined[i / count].info += slots_[i].info;
  }
  slots_ = std::move(joined);
  slot_ns_ *= static_cast<std::int64_t>(count);
}

void SlotCounter::move_to(Timeline& timeline) {
  timeline.slot_ns = slot_ns_;
  timeline.slots = std::move(slots_);
}

Timeline read_timeline(const std::filesystem::path& folder) {
  Timeline timeline;
  read_history_file(folder / "history.jsonl", timeline);
  read_fault_file(folder / "faults.jsonl", timeline);
  return timeline;
}

}  // namespace holdfast::report
