#include <fmt/format.h>

#include <algorithm>

#include "checkers/picture/escape.h"
#include "checkers/picture/page_style.h"
#include "node/base/wrap.h"
#include "report/html_style.h"
#include "report/number.h"
#include "report/picture.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

using checkers::escape;
using checkers::Verdict;

std::string badge(Verdict verdict) {
  return fmt::format("<span class=\"verdict {0}\">{0}</span>", to_string(verdict));
}

std::string values_of(const CheckerRecord& checker) {
  std::string html;
  for (const auto& [name, value] : checker.values) {
    html += fmt::format("<span{}>{} <b>{}</b></span>", value == "0" ? " class=\"zero\"" : "",
                        escape(name), escape(value));
  }
  return "<div class=\"values\">" + html + "</div>";
}

// For reading: a number and its unit stay on one line.
std::string prose(std::string_view text) { return escape(bind_units(text)); }

std::string example_of(const RunRecord& run, const CheckerRecord& checker, const Example& example) {
  const bool is_evidence = !example.allowed || checker.allowed_is_evidence();
  std::string html =
      fmt::format("<div class=\"example{}\"><span class=\"kind\">{}</span> {}",
                  is_evidence ? " bad" : "", escape(example.kind), prose(example.text));
  if (!example.reason.empty()) {
    html += fmt::format("<p class=\"soft\">{}: {}</p>", reason_label(run, checker, example),
                        prose(example.reason));
  }
  if (!example.autopsy.empty()) html += fmt::format("<p>fate: {}</p>", prose(example.autopsy));
  return html + "</div>\n";
}

std::string examples_of(const RunRecord& run, const CheckerRecord& checker, bool allowed) {
  std::string html;
  std::uint64_t shown = 0;
  for (const Example& example : checker.examples) {
    if (example.allowed != allowed) continue;
    html += example_of(run, checker, example);
    ++shown;
  }
  const std::uint64_t all = allowed ? checker.anomalies_allowed : checker.evidence();
  if (shown > 0 && shown < all) {
    html += fmt::format("<p class=\"soft\">These {} are the first of each kind, of {}.</p>\n",
                        shown, grouped(all));
  }
  return html;
}

bool is_number(const std::string& text) {
  return !text.empty() && (text == "-" || (text[0] >= '0' && text[0] <= '9'));
}

std::string table_of(const Table& table) {
  std::string html = "<div class=\"scroll\"><table><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool numbers = std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return i < row.size() && is_number(row[i]);
    });
    html +=
        fmt::format("<th{}>{}</th>", numbers ? " class=\"number\"" : "", escape(table.columns[i]));
  }
  html += "</tr>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row) {
      html +=
          fmt::format("<td{}>{}</td>", is_number(cell) ? " class=\"number\"" : "", escape(cell));
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string head(const RunRecord& run) {
  const std::string title = escape(run.test) + ": " + std::string(to_string(run.verdict));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{}</title><style>{}{}</style></head><body>\n",
      title, checkers::kPageStyle, kHtmlStyle);
}

std::string headline(const RunRecord& run) {
  std::string html = fmt::format("<h1>{}{}</h1>\n", badge(run.verdict), escape(run.test));
  if (!run.description.empty()) html += "<p>" + escape(run.description) + "</p>\n";
  std::string facts = fmt::format("on {}, seed {}", escape(run.cluster), run.seed);
  if (!run.version.empty()) facts = "Holdfast " + escape(run.version) + " " + facts;
  if (run.cluster == "sim") facts += ", " + duration(run.simulated_s) + " simulated";
  facts += ", " + duration(run.wall_s) + " of real time";
  if (run.strict) facts += ", strict";
  if (run.interrupted) facts += ", interrupted";
  html += "<p class=\"soft\">" + facts + "</p>\n";
  html += "<p class=\"soft\">Repeat with <code>" + escape(run.command) + "</code></p>\n";
  if (!run.trace_hash.empty()) {
    html += "<p class=\"soft\">Trace hash <code>" + escape(run.trace_hash) + "</code></p>\n";
  }
  for (const std::string& finding : run.findings) {
    html += "<div class=\"example bad\">" + prose(finding) + "</div>\n";
  }
  for (const std::string& note : run.notes) html += "<p>Note: " + prose(note) + "</p>\n";
  return html;
}

std::string evidence(const RunRecord& run) {
  std::string html;
  for (const CheckerRecord& checker : run.checkers) {
    if (checker.verdict == Verdict::valid) continue;
    const std::string count =
        checker.evidence() == 0 ? "" : ": " + counted(checker.evidence(), "anomaly", "anomalies");
    html += fmt::format("<h3>{}{}{}</h3>\n", badge(checker.verdict), escape(checker.name), count);
    for (const std::string& note : checker.notes) html += "<p>" + prose(note) + "</p>\n";
    html += examples_of(run, checker, checker.allowed_is_evidence());
  }
  return html.empty() ? "" : "<h2>Evidence</h2>\n" + html;
}

std::string overview(const RunRecord& run) {
  std::string html = "<h2>Checkers</h2>\n<table>\n";
  for (const CheckerRecord& checker : run.checkers) {
    html += fmt::format("<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td></tr>\n",
                        escape(checker.name), to_string(checker.verdict),
                        to_string(checker.verdict), values_of(checker));
  }
  return html + "</table>\n";
}

std::string allowed(const RunRecord& run) {
  std::string html;
  for (const CheckerRecord& checker : run.checkers) {
    if (checker.anomalies_allowed == 0 || checker.allowed_is_evidence()) continue;
    html += fmt::format("<p>{}: <b>{}</b></p>\n", escape(checker.name),
                        counted(checker.anomalies_allowed, "anomaly", "anomalies"));
    const std::string examples = examples_of(run, checker, true);
    if (!examples.empty()) {
      html += "<details><summary>examples, with the fate of every copy</summary>\n" + examples +
              "</details>\n";
    }
  }
  if (html.empty()) return "";
  return "<h2>Allowed by this configuration</h2>\n<p class=\"soft\">These happened, and the "
         "configuration promised nothing else. <code>--strict</code> makes them invalid.</p>\n" +
         html;
}

std::string spaced(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string tables(const RunRecord& run) {
  std::string html;
  for (const CheckerRecord& checker : run.checkers) {
    std::string of_checker;
    for (const Table& table : checker.tables) {
      if (table.rows.empty()) continue;  // no errors, say
      of_checker +=
          "<div><h4>" + escape(spaced(table.name)) + "</h4>\n" + table_of(table) + "</div>";
    }
    if (of_checker.empty()) continue;
    html +=
        "<h3>" + escape(checker.name) + "</h3>\n<div class=\"tables\">" + of_checker + "</div>\n";
  }
  return html.empty() ? "" : "<h2>Tables</h2>\n" + html;
}

std::string absences(const RunRecord& run) {
  if (run.absences.empty()) return "";
  std::string html =
      "<h2>What nodes missed</h2>\n<p class=\"soft\">Acknowledged writes whose owner was away all "
      "the time they were under way, and what brought them. Times count from the end of the "
      "fault.</p>\n";
  Table table;
  table.columns = {"fault",  "from",         "to",    "missed",      "by hints",
                   "repair", "later writes", "never", "hints after", "all after"};
  for (const AbsenceRecord& each : run.absences) {
    const auto time = [](const std::string& text) { return text.empty() ? "-" : text; };
    table.rows.push_back({each.fault, each.from, each.to, grouped(each.missed),
                          grouped(each.by_hints), grouped(each.by_repair),
                          grouped(each.by_later_writes), grouped(each.still_missing),
                          time(each.hints_after), time(each.equal_after)});
  }
  return html + table_of(table);
}

std::string repair(const RunRecord& run) {
  if (run.repair.rows.empty()) return "";
  Table table = run.repair;
  for (std::string& column : table.columns) column = spaced(column);
  return "<h2>What repair cost</h2>\n" + table_of(table);
}

// What was run, for a reader who has only this page.
std::string test(const RunRecord& run) {
  if (run.settings.empty()) return "";
  std::string html;
  for (const auto& [name, value] : run.settings) {
    html += fmt::format("<span>{} <b>{}</b></span>", escape(name), escape(bind_units(value)));
  }
  html = "<h2>Test</h2>\n<div class=\"values\">" + html + "</div>\n";
  if (!run.schedule.empty()) {
    std::string faults;
    for (const std::string& fault : run.schedule) faults += "<li>" + prose(fault) + "</li>";
    html += "<p class=\"soft\">Faults that the test asked for:</p>\n<ul>" + faults + "</ul>\n";
  }
  return html;
}

// How long each phase took: most are too short for the picture.
std::string phases(const Timeline& timeline) {
  std::string html;
  for (std::size_t i = 0; i < timeline.phases.size(); ++i) {
    const bool last = i + 1 == timeline.phases.size();
    const std::int64_t end_ns = last ? timeline.end_ns : timeline.phases[i + 1].start_ns;
    const double length_s = static_cast<double>(end_ns - timeline.phases[i].start_ns) / 1e9;
    html += fmt::format("<span>{} <b>{}</b></span>", escape(timeline.phases[i].name),
                        bind_units(duration(length_s)));
  }
  return "<div class=\"values soft\"><span>phases:</span>" + html + "</div>\n";
}

std::string over_time(const RunRecord& run) {
  const std::string svg = picture(run.timeline);
  if (svg.empty()) return "";
  return "<h2>Over time</h2>\n" + svg +
         "\n<p class=\"key\"><i style=\"background:var(--ok)\"></i>ok"
         "<i style=\"background:var(--info)\"></i>info (unknown)"
         "<i style=\"background:var(--fail)\"></i>fail (did not happen)"
         "<i style=\"background:var(--fault)\"></i>faults</p>\n" +
         phases(run.timeline);
}

}  // namespace

std::string html(const RunRecord& run) {
  return head(run) + headline(run) + over_time(run) + evidence(run) + overview(run) +
         absences(run) + repair(run) + allowed(run) + test(run) + tables(run) + "</body></html>\n";
}

}  // namespace holdfast::report
