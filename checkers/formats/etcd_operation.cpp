// The requests and responses of etcd's robustness reports: those to one key, without conditions.
#include <algorithm>

#include "checkers/formats/operation_parser.h"

namespace holdfast::checkers {
namespace {

constexpr const char* kOthers =
    "expected a request to one key, without conditions, revisions and leases: others are not "
    "judged";

}  // namespace

// {"Value":"x"} holds "x"; one that was too long, its hash.
std::string_view OperationParser::bare_value(std::string_view raw) const {
  const std::vector<Field> fields = fields_of(raw);
  return fields.size() == 1 ? fields.front().raw : raw;
}

Result<> OperationParser::read_etcd_request(const std::vector<Field>& fields, Parts& parts) {
  const auto raw = [](const std::vector<Field>& all, std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Field& field) { return field.name == name; });
    return found == all.end() || found->raw == "null" ? std::string_view() : found->raw;
  };
  const auto read_range = [&](std::string_view range) -> Result<> {
    const std::vector<Field> options = fields_of(range);
    const std::string_view revision = raw(options, "revision");
    if (!text_of(raw(options, "end")).empty() || (!revision.empty() && revision != "0")) {
      return fail(kOthers);
    }
    parts.f = "read";
    parts.key = text_of(raw(options, "start"));
    parts.has_key = true;
    return {};
  };
  const std::string_view range = raw(fields, "range");
  if (!range.empty()) return read_range(range);
  const std::vector<Field> txn = fields_of(raw(fields, "txn"));
  const std::string_view list = raw(txn, "operationsonsuccess");
  const std::string_view conditions = raw(txn, "conditions");
  if (list.size() < 2 || (!conditions.empty() && conditions != "[]")) return fail(kOthers);
  const std::string_view inner = list.substr(1, list.size() - 2);
  const std::vector<Field> operation = fields_of(inner);
  Data ignored;
  DatumParser in(inner, notation_, ignored);
  const bool one = in.skip_value() && (in.skip_space(), in.at_end());
  if (!one) return fail(kOthers);
  const std::string type = text_of(raw(operation, "type"));
  if (type == "range-operation") return read_range(raw(operation, "range"));
  const std::string_view body = raw(operation, type == "put-operation" ? "put" : "delete");
  const std::vector<Field> options = fields_of(body);
  parts.f = type == "put-operation" ? "write" : "delete";
  parts.key = text_of(raw(options, "key"));
  parts.has_key = true;
  const std::string_view value = raw(options, "value");
  if (!value.empty()) parts.value = value_of(bare_value(value));
  return {};
}

Result<> OperationParser::read_etcd_response(std::string_view response, Parts& parts) {
  parts.has_output = true;
  for (const Field& field : fields_of(response)) {
    if (field.name == "results" && field.raw.size() > 2) {
      return read_etcd_response(field.raw.substr(1, field.raw.size() - 2), parts);
    }
    if (field.name != "kvs" || field.raw.size() <= 2 || !field.raw.starts_with('[')) continue;
    for (const Field& part : fields_of(field.raw.substr(1, field.raw.size() - 2))) {
      if (part.name == "value") parts.output = value_of(bare_value(part.raw));
    }
  }
  return {};
}

}  // namespace holdfast::checkers
