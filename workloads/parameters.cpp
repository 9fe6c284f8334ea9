#include "workloads/parameters.h"

#include <charconv>
#include <functional>
#include <optional>

#include "node/base/spelling.h"
#include "workloads/script.h"

namespace holdfast::workloads {
namespace {

// One row of the table that everything about parameters reads.
struct Row {
  std::string_view name;
  std::string_view type;
  std::string_view doc;
  std::function<bool(Parameters&, std::string_view)> set;
  std::function<std::string(const Parameters&)> get;
  std::string expected;
};

std::optional<std::uint64_t> parse_integer(std::string_view text, std::uint64_t low,
                                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < low || value > high) return std::nullopt;
  return value;
}

// "0.67" -> 670, without floating point.
std::optional<std::uint64_t> parse_ratio(std::string_view text, std::uint64_t high_per_mille) {
  const std::size_t dot = text.find('.');
  const auto whole = parse_integer(text.substr(0, dot), 0, 1'000'000);
  if (!whole) return std::nullopt;
  std::uint64_t thousandths = 0;
  if (dot != std::string_view::npos) {
    const std::string_view digits = text.substr(dot + 1);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    const auto fraction = parse_integer(digits, 0, 999);
    if (!fraction) return std::nullopt;
    thousandths = *fraction * (digits.size() == 1 ? 100 : digits.size() == 2 ? 10 : 1);
  }
  const std::uint64_t value = *whole * 1000 + thousandths;
  if (value > high_per_mille) return std::nullopt;
  return value;
}

std::string format_ratio(std::uint64_t per_mille) {
  std::string text = std::to_string(per_mille / 1000);
  if (per_mille % 1000 == 0) return text + ".0";
  std::string digits = std::to_string(1000 + per_mille % 1000).substr(1);
  while (digits.back() == '0') digits.pop_back();
  return text + "." + digits;
}

template <class T>
Row integer(std::string_view name, T Parameters::*member, std::uint64_t low, std::uint64_t high,
            std::string_view doc) {
  return {name,
          "integer",
          doc,
          [=](Parameters& parameters, std::string_view text) {
            const auto value = parse_integer(text, low, high);
            if (value) parameters.*member = static_cast<T>(*value);
            return value.has_value();
          },
          [=](const Parameters& parameters) { return std::to_string(parameters.*member); },
          "a whole number from " + std::to_string(low) + " to " + std::to_string(high)};
}

Row ratio(std::string_view name, std::uint32_t Parameters::*member, std::uint64_t high_per_mille,
          std::string_view doc) {
  return {name,
          "ratio",
          doc,
          [=](Parameters& parameters, std::string_view text) {
            const auto value = parse_ratio(text, high_per_mille);
            if (value) parameters.*member = static_cast<std::uint32_t>(*value);
            return value.has_value();
          },
          [=](const Parameters& parameters) { return format_ratio(parameters.*member); },
          "a number from 0 to " + format_ratio(high_per_mille) + " with at most 3 decimals"};
}

std::string_view to_string(KeyChoice choice) {
  switch (choice) {
    case KeyChoice::uniform:
      return "uniform";
    case KeyChoice::zipf:
      return "zipf";
    case KeyChoice::sequential:
      return "sequential";
  }
  return "";
}

Row key_choice() {
  return {
      "key_distribution",
      "uniform|zipf|sequential",
      "which keys are overwritten and read: all alike, a few hot ones, each in its turn",
      [](Parameters& parameters, std::string_view text) {
        for (KeyChoice choice : {KeyChoice::uniform, KeyChoice::zipf, KeyChoice::sequential}) {
          if (text != to_string(choice)) continue;
          parameters.key_choice = choice;
          return true;
        }
        return false;
      },
      [](const Parameters& parameters) { return std::string(to_string(parameters.key_choice)); },
      "uniform, zipf or sequential"};
}

std::string_view to_string(Arrivals arrivals) {
  switch (arrivals) {
    case Arrivals::queued:
      return "queued";
    case Arrivals::closed:
      return "closed";
    case Arrivals::open:
      return "open";
  }
  return "";
}

Row arrivals() {
  return {"arrivals",
          "queued|closed|open",
          "what is due while all clients wait: it queues and comes as a burst, the load stands "
          "still with them, or it begins at once with more clients",
          [](Parameters& parameters, std::string_view text) {
            for (Arrivals each : {Arrivals::queued, Arrivals::closed, Arrivals::open}) {
              if (text != to_string(each)) continue;
              parameters.arrivals = each;
              return true;
            }
            return false;
          },
          [](const Parameters& parameters) { return std::string(to_string(parameters.arrivals)); },
          "queued, closed or open"};
}

Row script() {
  return {"operations",
          "list",
          "of a script: \"1500ms write k17 on n2\", \"end read k4\"",
          [](Parameters& parameters, std::string_view text) {
            const auto operations = parse_script(text);
            if (operations) parameters.script = *operations;
            return operations.has_value();
          },
          [](const Parameters& parameters) { return to_string(parameters.script); },
          "operations as in \"1500ms write k17 on n2\", separated by ';'"};
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      integer("keys", &Parameters::keys, 1, 1U << 27, "how many keys; each is written once first"),
      integer("writes", &Parameters::writes, 0, 1U << 30,
              "how many writes, deletes included; 0: keys times (1 + overwrite_ratio), or what "
              "rate and duration make"),
      ratio("overwrite_ratio", &Parameters::overwrites_per_mille, 1'000'000,
            "overwrites per key, in the mean"),
      ratio("delete_ratio", &Parameters::deletes_per_mille, 1000,
            "the share of the overwrites that delete"),
      ratio("read_ratio", &Parameters::reads_per_mille, 990,
            "the share of all operations that read"),
      key_choice(),
      ratio("zipf_exponent", &Parameters::zipf_per_mille, 3000,
            "how unequal zipf is; 0 is uniform"),
      integer("value_bytes", &Parameters::value_bytes, 1, 1024 * 1024, "the size of a value"),
      integer("clients", &Parameters::clients, 1, 10'000,
              "how many operations may be under way at once"),
      arrivals(),
      integer("rate", &Parameters::rate, 0, 10'000'000,
              "operations a second; 0: as the load's duration or the clients allow"),
      integer("burst_every_ms", &Parameters::burst_every_ms, 0, 86'400'000,
              "operations come in bursts, this far apart; 0: evenly"),
      integer("timeout_ms", &Parameters::timeout_ms, 1, 3'600'000,
              "after which a client gives up on a request"),
      script(),
  };
  return rows;
}

const Row* find(std::string_view name) {
  for (const Row& row : table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

std::vector<ParameterDoc> parameter_docs() {
  std::vector<ParameterDoc> docs;
  const Parameters defaults;
  for (const Row& row : table()) docs.push_back({row.name, row.type, row.get(defaults), row.doc});
  return docs;
}

Result<> set_parameter(Parameters& parameters, std::string_view name, std::string_view value) {
  const Row* const row = find(name);
  if (row == nullptr) {
    std::vector<std::string_view> names;
    for (const Row& each : table()) names.push_back(each.name);
    return fail("workloads have no parameter \"" + std::string(name) + "\"; " +
                known_names(name, names));
  }
  if (row->set(parameters, value)) return {};
  if (row->type == "list") return parse_script(value).error();  // it knows which
  return fail(std::string(name) + " is " + std::string(value) + ", expected " + row->expected);
}

std::string parameter(const Parameters& parameters, std::string_view name) {
  const Row* const row = find(name);
  return row == nullptr ? std::string() : row->get(parameters);
}

}  // namespace holdfast::workloads
