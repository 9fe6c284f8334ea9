#include "checkers/picture/history_page.h"

#include <algorithm>

#include "checkers/picture/escape.h"
#include "checkers/picture/history_data.h"
#include "checkers/picture/history_drawing.h"
#include "checkers/picture/history_hands.h"
#include "checkers/picture/history_style.h"
#include "checkers/picture/page_style.h"

namespace holdfast::checkers {
namespace {

constexpr std::size_t kMostOperations = 30;  // of one finding, in words

std::string finding_of(const Trace& trace, const Finding& finding, std::size_t number) {
  std::string html = "<div class=\"example bad\"><span class=\"kind\">" + escape(finding.kind) +
                     "</span> " + escape(finding.text) + " <button type=\"button\" data-show=\"" +
                     std::to_string(number) + "\">Show</button>";
  for (const std::string& line : finding.details) html += "<p>" + escape(line) + "</p>";
  const bool small = !finding.smallest.empty();
  const std::vector<std::uint32_t>& ops = small ? finding.smallest : finding.ops;
  html += small ? "<p class=\"soft\">A smallest part that is wrong by itself:</p><ul>"
                : "<p class=\"soft\">Concerned:</p><ul>";
  for (std::size_t i = 0; i < std::min(ops.size(), kMostOperations); ++i) {
    html += "<li>" + escape(describe(trace, trace.ops[ops[i]])) + "</li>";
  }
  if (ops.size() > kMostOperations) {
    html += "<li>and " + std::to_string(ops.size() - kMostOperations) + " more</li>";
  }
  return html + "</ul></div>\n";
}

std::string judgements_of(const Trace& trace, std::span<const Judgement> judgements) {
  std::string html;
  std::size_t number = 0;
  for (const Judgement& judgement : judgements) {
    const std::string verdict(to_string(judgement.verdict));
    html += "<h2><span class=\"verdict " + verdict + "\">" + verdict + "</span>" +
            escape(judgement.checker) + "</h2>\n";
    for (const std::string& note : judgement.notes) html += "<p>" + escape(note) + "</p>\n";
    for (const Finding& finding : judgement.findings) html += finding_of(trace, finding, number++);
  }
  return html;
}

}  // namespace

std::string history_page(const Trace& trace, std::string_view name, Verdict verdict,
                         std::span<const Judgement> judgements) {
  const std::string word(to_string(verdict));
  const std::string title = escape(name);
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      // Nothing is loaded from anywhere, even if something slipped in.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>";
  html += title + "</title><style>";
  html += kPageStyle;
  html += kHistoryStyle;
  html += "</style></head><body>\n<h1><span class=\"verdict " + word + "\">" + word + "</span>" +
          title + "</h1>\n<p class=\"soft\">" + std::to_string(trace.ops.size()) +
          " operations of " + std::to_string(trace.processes.size()) + " processes";
  if (trace.keys.size() > 1) html += " on " + std::to_string(trace.keys.size()) + " keys";
  html += "</p>\n";
  html += kHistoryBody;
  html += judgements_of(trace, judgements);
  html += "<script type=\"application/json\" id=\"data\">" + history_data(trace, judgements) +
          "</script>\n<script>\n";
  html += kHistoryDrawing;
  html += kHistoryHands;
  return html + "</script>\n</body></html>\n";
}

}  // namespace holdfast::checkers
