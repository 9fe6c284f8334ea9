#include "report/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "checkers/picture/escape.h"
#include "report/number.h"

namespace holdfast::report {
namespace {

using checkers::escape;

constexpr double kLeft = 70;
constexpr double kWidth = 880;
constexpr double kPhaseHeight = 22;
constexpr double kChartHeight = 130;
constexpr double kHintsHeight = 60;
constexpr double kLaneHeight = 18;
constexpr std::size_t kMostLanes = 12;
constexpr std::size_t kMostDots = 60;
constexpr double kGap = 14;
constexpr double kCaption = 16;

// The next of 1, 2, 5, 10, 20, … that is at least `value`.
double round_up(double value) {
  if (value <= 0) return 1;
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * decade >= value) return step * decade;
  }
  return 10 * decade;
}

// A step for the time axis, of about a sixth of the whole.
double time_step_s(double total_s) {
  for (const double step :
       {0.1,   0.2,   0.5,   1.0,   2.0,    5.0,    10.0,   15.0,    30.0,    60.0,
        120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0}) {
    if (total_s / step <= 8) return step;
  }
  return round_up(total_s / 8);
}

std::string time_label(double seconds) {
  if (seconds >= 3600) return fmt::format("{:g} h", std::round(seconds / 36) / 100);
  if (seconds >= 60) return fmt::format("{:g} min", std::round(seconds / 0.6) / 100);
  if (seconds > 0 && seconds < 0.1) return fmt::format("{:g} ms", std::round(seconds * 1e6) / 1e3);
  return fmt::format("{:g} s", seconds);
}

std::string rate_label(double per_s) {
  if (per_s >= 1) return grouped(static_cast<std::uint64_t>(per_s)) + "/s";
  if (per_s * 60 >= 1) return fmt::format("{:.0f}/min", per_s * 60);
  return fmt::format("{:.0f}/h", per_s * 3600);
}

class Painter {
 public:
  explicit Painter(const Timeline& timeline)
      : timeline_(timeline), end_ns_(std::max<std::int64_t>(timeline.end_ns, 1)) {}

  std::string paint() {
    axis_and_phases();
    shades();
    operations();
    if (!timeline_.samples.empty()) hints();
    faults();
    return fmt::format(
        "<svg class=\"timeline\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "aria-label=\"operations, faults and phases over time\">{}</svg>",
        kLeft + kWidth + 20, y_ + 8, svg_);
  }

 private:
  double x(std::int64_t time_ns) const {
    const double share = static_cast<double>(time_ns) / static_cast<double>(end_ns_);
    return kLeft + kWidth * std::clamp(share, 0.0, 1.0);
  }
  void text(double x, double y, std::string_view anchor, std::string_view css,
            std::string_view words) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>",
                        x, y, anchor, css, escape(words));
  }
  void box(double x, double y, double width, double height, std::string_view css,
           std::string_view title) {
    svg_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\">"
        "<title>{}</title></rect>",
        x, y, width, height, css, escape(title));
  }

  void axis_and_phases() {
    const double total_s = static_cast<double>(end_ns_) / 1e9;
    const double step_s = time_step_s(total_s);
    for (double at_s = 0; at_s <= total_s; at_s += step_s) {
      const double at = x(static_cast<std::int64_t>(at_s * 1e9));
      svg_ += fmt::format(
          "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"14\" y2=\"100%\" "
          "class=\"grid\"/>",
          at);
      text(at, 10, "middle", "label", time_label(at_s));
    }
    y_ = 18;
    double free_from = 0;  // where the next name may stand
    for (std::size_t i = 0; i < timeline_.phases.size(); ++i) {
      const Timeline::Phase& phase = timeline_.phases[i];
      const bool last = i + 1 == timeline_.phases.size();
      const double from = x(phase.start_ns);
      const double to = last ? kLeft + kWidth : x(timeline_.phases[i + 1].start_ns);
      const std::string length =
          duration(static_cast<double>((last ? end_ns_ : timeline_.phases[i + 1].start_ns) -
                                       phase.start_ns) /
                   1e9);
      box(from, y_, std::max(to - from, 1.0), kPhaseHeight, i % 2 == 0 ? "phase" : "phase odd",
          phase.name + ", " + length);
      const double name_width = 6.5 * static_cast<double>(phase.name.size());
      if (to - from > name_width && from >= free_from) {
        text(from + 4, y_ + 15, "start", "name", phase.name);
        free_from = from + name_width;
      }
    }
    y_ += kPhaseHeight + kGap;
  }

  void operations() {
    const double slot_s = static_cast<double>(timeline_.slot_ns) / 1e9;
    const double top = round_up(static_cast<double>(tallest_shown()) / slot_s);
    const double scale = kChartHeight / (top * slot_s);  // of one operation
    caption("operations completed, " + slot_label());
    text(kLeft - 6, y_ + 8, "end", "label", rate_label(top));
    text(kLeft - 6, y_ + kChartHeight, "end", "label", "0");
    const double bottom = y_ + kChartHeight;
    std::string bars[3];
    for (std::size_t i = 0; i < timeline_.slots.size(); ++i) {
      const auto start = static_cast<std::int64_t>(i) * timeline_.slot_ns;
      const double from = x(start);
      const double width = x(start + timeline_.slot_ns) - from;
      const Timeline::Slot& slot = timeline_.slots[i];
      double base = bottom;
      const std::uint64_t counts[] = {slot.ok, slot.info, slot.fail};
      for (int kind = 0; kind < 3; ++kind) {
        if (counts[kind] == 0) continue;
        const double wanted = std::max(static_cast<double>(counts[kind]) * scale, 0.8);
        const double height = std::clamp(base - y_, 0.0, wanted);
        bars[kind] +=
            fmt::format("M{:.1f} {:.1f}v{:.1f}h{:.1f}v{:.1f}z", from, base, -height, width, height);
        base -= height;
      }
    }
    const char* const css[] = {"ok", "info", "fail"};
    for (int kind = 0; kind < 3; ++kind) {
      if (!bars[kind].empty()) {
        svg_ += fmt::format("<path d=\"{}\" class=\"{}\"/>", bars[kind], css[kind]);
      }
    }
    baseline(bottom);
    y_ = bottom + kGap;
  }

  // The scale's slot. The reads at the end come in one burst, beside which hours of load would be
  // flat: then bars that are far taller than nearly all others are cut.
  std::uint64_t tallest_shown() const {
    std::vector<std::uint64_t> heights;
    for (const Timeline::Slot& slot : timeline_.slots) {
      const std::uint64_t height = slot.ok + slot.fail + slot.info;
      if (height > 0) heights.push_back(height);
    }
    if (heights.empty()) return 1;
    std::sort(heights.begin(), heights.end());
    const std::uint64_t usual = heights[heights.size() * 95 / 100];
    return heights.back() > 4 * usual ? 2 * usual : heights.back();
  }

  void caption(std::string_view words) {
    text(kLeft + 4, y_ + 11, "start", "label", words);
    y_ += kCaption;
  }
  std::string slot_label() const {
    const std::string length = time_label(static_cast<double>(timeline_.slot_ns) / 1e9);
    return "each bar " + length;
  }
  static std::string sample_label(const Timeline::Sample& sample) {
    return grouped(sample.hints_pending) + " pending at " +
           duration(static_cast<double>(sample.time_ns) / 1e9);
  }

  // The faults once more, behind the charts: what happened while they lasted.
  void shades() {
    const double hints = timeline_.samples.empty() ? 0 : kGap + kCaption + kHintsHeight;
    const double height = kCaption + kChartHeight + hints;
    const std::size_t shown = std::min(timeline_.faults.size(), kMostLanes);
    for (std::size_t i = 0; i < shown; ++i) {
      const Timeline::Fault& fault = timeline_.faults[i];
      const double from = x(fault.start_ns);
      const double to = fault.end_ns < 0 ? kLeft + kWidth : x(fault.end_ns);
      box(from, y_, std::max(to - from, 1.0), height, "shade", fault.text);
    }
  }

  void baseline(double y) {
    svg_ += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" class=\"base\"/>",
                        kLeft, kLeft + kWidth, y, y);
  }

  void hints() {
    std::uint64_t most = 1;
    for (const Timeline::Sample& sample : timeline_.samples) {
      most = std::max(most, sample.hints_pending);
    }
    const double top = round_up(static_cast<double>(most));
    caption("hints pending, all nodes");
    const double bottom = y_ + kHintsHeight;
    text(kLeft - 6, y_ + 8, "end", "label", grouped(static_cast<std::uint64_t>(top)));
    text(kLeft - 6, bottom, "end", "label", "0");
    // In steps: what is known of a time is the sample before it.
    std::string line;
    std::string dots;
    for (const Timeline::Sample& sample : timeline_.samples) {
      const double at = x(sample.time_ns);
      const double y = bottom - kHintsHeight * static_cast<double>(sample.hints_pending) / top;
      line += line.empty() ? fmt::format("M{:.1f} {:.1f}", at, y)
                           : fmt::format("H{:.1f}V{:.1f}", at, y);
      if (timeline_.samples.size() > kMostDots) continue;
      dots += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.2\" class=\"dot\"><title>{}</title></circle>",
          at, y, escape(sample_label(sample)));
    }
    svg_ += fmt::format("<path d=\"{}\" class=\"hints\"/>{}", line, dots);
    baseline(bottom);
    y_ = bottom + kGap;
  }

  void faults() {
    const std::size_t shown = std::min(timeline_.faults.size(), kMostLanes);
    for (std::size_t i = 0; i < shown; ++i) {
      const Timeline::Fault& fault = timeline_.faults[i];
      const double from = x(fault.start_ns);
      const double to = fault.end_ns < 0 ? kLeft + kWidth : x(fault.end_ns);
      const double words = 6.5 * static_cast<double>(fault.text.size());
      box(from, y_, std::max(to - from, 2.0), kLaneHeight - 4, "fault", fault.text);
      if (to + words < kLeft + kWidth) {
        text(to + 4, y_ + 11, "start", "name", fault.text);
      } else if (from - words > 0) {
        text(from - 4, y_ + 11, "end", "name", fault.text);
      } else {
        text(from + 4, y_ + 11, "start", "name", fault.text);
      }
      y_ += kLaneHeight;
    }
    if (timeline_.faults.size() > shown) {
      text(kLeft, y_ + 11, "start", "label",
           fmt::format("and {} more faults (faults.jsonl)", timeline_.faults.size() - shown));
      y_ += kLaneHeight;
    }
  }

  const Timeline& timeline_;
  std::int64_t end_ns_;
  double y_ = 0;
  std::string svg_;
};

}  // namespace

std::string picture(const Timeline& timeline) {
  if (timeline.slots.empty() && timeline.phases.empty()) return "";
  return Painter(timeline).paint();
}

}  // namespace holdfast::report
