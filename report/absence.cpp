// What a fault kept from its nodes, in a sentence.
#include "report/number.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

void add(std::string& list, std::uint64_t count, std::string_view how,
         std::string_view after = "") {
  if (count == 0) return;
  list += (list.empty() ? "" : ", ") + grouped(count) + " " + std::string(how);
  if (!after.empty()) list += ", the last " + std::string(after) + " after its end";
}

}  // namespace

std::string sentence(const AbsenceRecord& absence) {
  std::string means;
  add(means, absence.by_hints, "came by hints", absence.hints_after);
  add(means, absence.by_repair, "by repair");
  add(means, absence.by_later_writes, "were overwritten by later writes that it took");
  add(means, absence.still_missing, "never came");
  std::string text = "missed " + counted(absence.missed, "write", "writes") + ": " + means;
  if (!absence.equal_after.empty()) text += "; all there " + absence.equal_after + " after its end";
  return text;
}

}  // namespace holdfast::report
