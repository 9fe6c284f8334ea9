#include "harness/runner.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/await.h"
#include "harness/drain.h"
#include "harness/event_log.h"
#include "harness/evidence.h"
#include "harness/fault_log.h"
#include "harness/hints_over_time.h"
#include "harness/load.h"
#include "harness/recorder.h"
#include "harness/repair_meter.h"
#include "harness/run_plan.h"
#include "harness/run_view.h"
#include "harness/settling.h"
#include "harness/survey.h"
#include "nemesis/nemesis.h"
#include "node/core/ring.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

constexpr Duration kBackMost = std::chrono::minutes(2);
constexpr Duration kDrainLeast = std::chrono::hours(1);     // of time to drain, where none is set
constexpr Duration kEndingMost = std::chrono::seconds(15);  // an interrupted run's heal; its dumps
constexpr std::uint64_t kCompletionsPerProgress = 256;
constexpr std::uint64_t kSamples = 200;  // of the hints pending, in a load
constexpr std::uint64_t kLeastCompletionsPerSample = 500;
constexpr std::int64_t kTimedSamples = 25;
constexpr std::string_view kLoadPhase = "load";
constexpr int kPeriodsMost = 12;  // of anti-entropy, to wait for

// Of a load where time cannot be made to pass faster.
constexpr Duration kLongestRealLoad = std::chrono::minutes(30);

// To the millisecond.
double seconds_of(std::int64_t ns) {
  const std::int64_t ms = ns / 1'000'000;
  return static_cast<double>(ms) / 1000;
}

}  // namespace

struct Runner::Parts {
  Parts(const TestFile& test, Cluster& cluster, RunOptions options)
      : test(test),
        cluster(cluster),
        options(std::move(options)),
        ring(test.nodes, test.config.n, test.config.virtual_nodes),
        view(cluster, ring),
        schedule(schedule_of(test, cluster.faults(), this->options.seed)),
        workload(workloads::find_workload(test.workload)
                     ->make(test.parameters, test.phases.load, this->options.seed)),
        await(cluster, [this](const Statuses& statuses) { meter.look(statuses); }) {}

  Result<> open_files();
  void begin_phase(std::string_view name);
  void report(std::string waiting_for);
  Settling::Say say();
  void sample();
  void keep(const Statuses& statuses);
  void watch_drain(const Statuses& statuses);
  void sample_every(Duration span);
  void on_completion();

  bool run_load();
  bool run_heal();
  bool run_drain();
  bool run_repair();
  bool run_final_reads();
  bool run_survey();
  // False once interrupted, or once nothing can be recorded any more.
  bool run_phases();
  void end_early();
  void measure_convergence();
  Result<RunResult> finish();
  Result<> write_final_files(const Evidence& evidence, const std::string& results);
  Result<> write_fault_file();
  void show_all_hints();
  std::optional<Error> failure() const;
  std::uint64_t faults_injected() const;
  std::string path(const char* name) const {
    return options.record_files ? (options.folder / name).string() : std::string();
  }

  const TestFile& test;
  Cluster& cluster;
  RunOptions options;
  node::Ring ring;
  RunView view;
  nemesis::Schedule schedule;
  std::unique_ptr<workloads::Workload> workload;
  RepairMeter meter;
  Await await;
  std::atomic<bool> interrupt_asked = false;

  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<AppendFile> fault_file;
  std::unique_ptr<Load> load;
  std::unique_ptr<nemesis::Nemesis> nemesis;

  std::string_view phase = "start";
  std::uint64_t completions = 0;
  std::uint64_t completions_per_sample = kLeastCompletionsPerSample;
  std::uint64_t hints_pending = 0;
  bool sampling = false;
  std::vector<checkers::NodeStatus> sampled;

  std::int64_t healed_ns = 0;
  std::int64_t next_kept_ns = 0;  // of the statuses while hints are delivered
  std::optional<Repair> repair;
  Evidence evidence;
  RunFigures figures;
};

// ---- Recording and progress -------------------------------------------------------------------

Result<> Runner::Parts::open_files() {
  if (options.record_files) {
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    if (error) return fail("cannot make " + options.folder.string() + ": " + error.message());
    nlohmann::ordered_json json;
    json["test"] = to_json(test);
    json["seed"] = options.seed;
    json["cluster"] = options.cluster;
    json["command"] = options.command;
    json["version"] = options.version;
    json["commit"] = options.commit;
    for (const Cluster::HostRecord& host : cluster.statistics().hosts) {
      json["hosts"].push_back({{"host", host.host},
                               {"address", host.address},
                               {"clock_offset_us", host.clock_offset.count()},
                               {"clock_uncertainty_us", host.clock_uncertainty.count()}});
    }
    if (auto done = write_file(path("run.json"), json.dump(2) + "\n"); !done) return done;
  }
  auto history = Recorder::open(path("history.jsonl"), options.wall_ns, workload->operations());
  if (!history) return history.error();
  recorder = std::move(*history);
  auto faults = AppendFile::open(path("faults.jsonl"), options.wall_ns);
  if (!faults) return faults.error();
  fault_file = std::move(*faults);
  return {};
}

std::optional<Error> Runner::Parts::failure() const {
  if (recorder->error()) return recorder->error();
  return fault_file->error();
}

std::uint64_t Runner::Parts::faults_injected() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      nemesis->injected(),
      [](const auto& fault) { return fault.planned.fault != nemesis::kHeal; }));
}

void Runner::Parts::begin_phase(std::string_view name) {
  phase = name;
  recorder->begin_phase(name, cluster.now_ns());
  meter.begin_phase(name);
  report("");
}

void Runner::Parts::report(std::string waiting_for) {
  if (!options.progress) return;
  Progress progress;
  progress.phase = phase;
  progress.time_ns = cluster.now_ns();
  progress.operations = completions;
  progress.operations_planned = workload->operations();
  progress.faults = nemesis ? faults_injected() : 0;
  progress.hints_pending = hints_pending;
  progress.waiting_for = std::move(waiting_for);
  options.progress(progress);
}

Settling::Say Runner::Parts::say() {
  return [this](std::string waiting_for, std::uint64_t hints) {
    hints_pending = hints;
    report(std::move(waiting_for));
  };
}

// One at a time: a poll that waits for a paused node would report the others' past after a later
// one reported their present.
void Runner::Parts::sample() {
  if (sampling) return;
  sampling = true;
  poll_status(cluster, [this](const Statuses& statuses) {
    sampling = false;
    hints_pending = pending_hints(statuses);
    meter.look(statuses);
    figures.hints_pending.push_back({cluster.now_ns(), hints_pending});
    keep(statuses);
  });
}

void Runner::Parts::keep(const Statuses& statuses) {
  for (const auto& status : statuses) {
    if (status) sampled.push_back(node_status(*status));
  }
}

// Ever more rarely: hints may take hours to be delivered.
void Runner::Parts::watch_drain(const Statuses& statuses) {
  const std::int64_t now_ns = cluster.now_ns();
  if (now_ns < next_kept_ns) return;
  next_kept_ns = now_ns + (now_ns - healed_ns) / 8;
  keep(statuses);
}

// At even times too: between operations an outage can pass whose hints are to be watched.
void Runner::Parts::sample_every(Duration span) {
  cluster.after(span, [this, span] {
    if (phase != kLoadPhase) return;
    sample();
    sample_every(span);
  });
}

void Runner::Parts::on_completion() {
  ++completions;
  if (completions % completions_per_sample == 0) sample();
  if (completions % kCompletionsPerProgress == 0) report("");
}

// ---- The phases -------------------------------------------------------------------------------

bool Runner::Parts::run_load() {
  nemesis::Nemesis::Options faults;
  faults.seed = options.seed;
  faults.protect = test.protect;
  faults.power_loss_destroys = test.config.store_durability != node::Durability::fsync ||
                               test.config.hint_durability != node::Durability::fsync;
  faults.on_inject = [this](const nemesis::InjectedFault& fault) {
    append_fault(fault_file->buffer(), fault);
    fault_file->flush();  // few, and precious
  };
  nemesis = std::make_unique<nemesis::Nemesis>(view, schedule, std::move(faults));
  load = std::make_unique<Load>(cluster, *recorder, test.parameters, options.seed);
  load->on_completion([this] { on_completion(); });
  load->on_request([this](NodeId node) { view.set_coordinator(node); });
  completions_per_sample = std::max(kLeastCompletionsPerSample, workload->operations() / kSamples);

  begin_phase(kLoadPhase);
  if (test.phases.load.count() > 0) sample_every(test.phases.load / kTimedSamples);
  nemesis->start();
  load->start([this](std::int64_t now_ns) { return workload->next(now_ns); });
  const bool timed = test.phases.load.count() > 0;
  const auto elapsed = std::make_shared<bool>(!timed);
  if (timed) cluster.after(test.phases.load, [elapsed] { *elapsed = true; });
  return await.until([this, timed, elapsed] {
    if (timed && *elapsed) load->stop();
    const bool over = *elapsed && load->is_finished() && load->is_idle();
    return (over && (timed || nemesis->done())) || failure().has_value();
  });
}

bool Runner::Parts::run_heal() {
  begin_phase("heal");
  nemesis->heal();
  healed_ns = cluster.now_ns();
  Settling settling(await, say(), [this](const Statuses& now) { watch_drain(now); });
  if (!settling.wait_until_all_are_back(kBackMost) && !await.interrupted()) {
    evidence.notes.push_back("after the heal, gave up waiting for " + settling.gave_up());
  }
  return !await.interrupted();
}

bool Runner::Parts::run_drain() {
  begin_phase("drain");
  Settling settling(await, say(), [this](const Statuses& now) { watch_drain(now); });
  const std::optional<Drain> drained = drain(settling, test);
  if (!drained) return false;
  evidence.facts.convergence.bound_ms = to_us(drained->bound) / 1000;
  evidence.facts.drain_waits_for = drained->waits_for;
  evidence.facts.convergence.drain_overdue = drained->overdue;
  if (drained->ended) evidence.facts.handoff_ended_ns = cluster.now_ns();
  if (!drained->note.empty()) evidence.notes.push_back(drained->note);
  sample();
  return !await.interrupted();
}

bool Runner::Parts::run_repair() {
  if (test.config.anti_entropy == node::AntiEntropy::off || cluster.size() < 2) return true;
  begin_phase("anti-entropy");
  Survey survey(await, ring, [this](std::string what) { report(std::move(what)); });
  const auto before = survey.take(recorder->keys());
  if (!before) return false;
  evidence.absence.missing_before_repair = count_missing(*before, recorder->keys().size());
  Settling settling(await, say());
  const bool by_period =
      test.phases.anti_entropy_by_period && test.config.anti_entropy == node::AntiEntropy::periodic;
  const Duration most = kPeriodsMost * test.config.anti_entropy_period +
                        std::chrono::milliseconds(evidence.facts.convergence.bound_ms.value_or(0));
  repair = by_period ? settling.await_periodic_repair(test.config.anti_entropy_period, most)
                     : settling.repair(test.phases.anti_entropy_rounds_most,
                                       2 * test.config.heartbeat_interval);
  if (!repair) return false;
  if (!settling.gave_up().empty()) {
    evidence.notes.push_back("gave up waiting for " + settling.gave_up());
  }
  return true;
}

bool Runner::Parts::run_final_reads() {
  const workloads::Step first = workload->next_final();
  if (first.kind == workloads::Step::Kind::done) return true;
  begin_phase("final-reads");
  load->start([this, first, used = false](std::int64_t) mutable {
    return std::exchange(used, true) ? workload->next_final() : first;
  });
  return await.until(
      [this] { return (load->is_finished() && load->is_idle()) || failure().has_value(); });
}

bool Runner::Parts::run_survey() {
  begin_phase("dump");
  Survey survey(await, ring, [this](std::string what) { report(std::move(what)); });
  // A poll that had to wait for one node ends after later ones.
  std::ranges::stable_sort(sampled, {}, &checkers::NodeStatus::at_ns);
  auto state = survey.take(recorder->keys(), std::move(sampled));
  if (!state) return false;
  evidence.final_state = std::move(*state);
  evidence.absence.missing_after_repair =
      count_missing(evidence.final_state, recorder->keys().size());
  return true;
}

bool Runner::Parts::run_phases() {
  const auto goes_on = [this](bool (Parts::*phase)()) {
    return (this->*phase)() && !interrupt_asked && !failure();
  };
  return goes_on(&Parts::run_load) && goes_on(&Parts::run_heal) && goes_on(&Parts::run_drain) &&
         goes_on(&Parts::run_repair) && goes_on(&Parts::run_final_reads) &&
         goes_on(&Parts::run_survey);
}

// Of an interrupted run: all is healed, hints are delivered if that is soon done, and the nodes'
// content is read, so that what was done can be judged.
void Runner::Parts::end_early() {
  evidence.complete = false;
  if (!nemesis) return;
  evidence.notes.push_back("interrupted in the phase " + std::string(phase) +
                           ": judged by what was done until then");
  load->stop();
  if (failure()) return nemesis->heal();
  await.go_on_for(kEndingMost);
  await.until([this] { return load->is_idle(); });
  if (healed_ns == 0 && run_heal()) run_drain();
  await.go_on_for(kEndingMost);
  run_survey();
}

// ---- The end ----------------------------------------------------------------------------------

void Runner::Parts::measure_convergence() {
  auto& convergence = evidence.facts.convergence;
  std::int64_t equal_ns = evidence.facts.handoff_ended_ns;
  if (repair) {
    figures.repair_rounds = repair->rounds;
    convergence.repaired_keys = repair->repaired_keys;
    convergence.hash_comparisons = repair->hash_comparisons;
    convergence.bytes = repair->bytes;
    convergence.silent = repair->silent;
    equal_ns = std::max(evidence.facts.handoff_ended_ns, repair->last_change_ns);
  }
  const bool equal = evidence.absence.missing_after_repair == 0U;
  if (equal && equal_ns != checkers::kNever_ns) {
    convergence.after_ms = (equal_ns - healed_ns) / 1'000'000;
  }
}

Result<> Runner::Parts::write_final_files(const Evidence& evidence, const std::string& results) {
  if (!options.record_files) return {};
  if (evidence.final_state.any_dumped()) {
    auto written =
        write_final_state(path("final.jsonl"), evidence.final_state, evidence.history.keys);
    if (!written) return written;
  }
  if (auto written = write_event_logs(path("nodes"), evidence.events); !written) return written;
  return write_file(path("results.json"), results);
}

// Samples serve where there are no events.
void Runner::Parts::show_all_hints() {
  auto all = hints_over_time(evidence.events, evidence.final_state.statuses());
  if (!all.empty()) figures.hints_pending = std::move(all);
}

// Once more, now that all have ended.
Result<> Runner::Parts::write_fault_file() {
  if (!options.record_files) return {};
  std::string text;
  for (const nemesis::InjectedFault& fault : nemesis->injected()) append_fault(text, fault);
  return write_file(path("faults.jsonl"), text);
}

Result<RunResult> Runner::Parts::finish() {
  phase = "judge";
  report("");
  const Cluster::Statistics statistics = cluster.statistics();
  figures.events = statistics.events;
  figures.messages = statistics.messages;
  figures.trace_hash = statistics.trace_hash;
  figures.simulated_s = seconds_of(cluster.now_ns());
  figures.faults = faults_injected();
  evidence.faults = fault_records(nemesis->injected(), test.nodes);
  evidence.events = take_event_logs(cluster, recorder->history(), evidence.faults);
  evidence.facts.clock_difference = cluster.clock_difference();
  cluster.stop();
  Cluster::Statistics ended = cluster.statistics();  // how the nodes ended among its incidents
  evidence.incidents = std::move(ended.incidents);
  evidence.failures = std::move(ended.failures);
  recorder->flush();
  if (failure()) return *failure();

  evidence.history = recorder->take_history();
  if (auto written = write_fault_file(); !written) return written.error();
  for (const std::string& left_out : nemesis->left_out()) {
    evidence.notes.push_back("left out: " + left_out);
  }
  if (const std::string burst = load->burst(); !burst.empty()) evidence.notes.push_back(burst);
  for (const std::string& refusal : view.refusals()) evidence.notes.push_back(refusal);
  measure_absence(evidence.history, evidence.final_state, evidence.faults, evidence.events,
                  evidence.absence);
  evidence.repair = meter.costs();
  if (options.record_files) show_all_hints();
  measure_convergence();
  if (options.wall_ns) figures.wall_s = seconds_of(options.wall_ns());
  Judgement judgement = judge_evidence(evidence, figures);
  auto written = write_final_files(evidence, judgement.results_json);
  if (!written) return written.error();
  return RunResult{judgement.verdict, std::move(judgement.results_json), !evidence.complete};
}

Runner::Runner(const TestFile& test, Cluster& cluster, RunOptions options)
    : parts_(std::make_unique<Parts>(test, cluster, std::move(options))) {}
Runner::~Runner() = default;

std::optional<nemesis::Obstacle> Runner::obstacle() const {
  const Parts& parts = *parts_;
  if (auto found = nemesis::unsupported(parts.schedule, parts.cluster.faults())) return found;
  const Duration length = length_of(parts.test, parts.schedule);
  if (length <= kLongestRealLoad || parts.cluster.can_pass_time()) return std::nullopt;
  return nemesis::Obstacle{"this cluster cannot let " + nemesis::format_duration(length) +
                           " pass: real processes would need as long; use --on sim, or a shorter "
                           "load"};
}

Duration Runner::dense_load() const {
  constexpr Duration kShortestGap = std::chrono::seconds(1);
  const TestFile& test = parts_->test;
  const auto operations = static_cast<std::int64_t>(parts_->workload->operations());
  Duration length = test.phases.load;
  if (length.count() == 0 && test.parameters.rate > 0) {
    length = Duration(operations * 1'000'000 / static_cast<std::int64_t>(test.parameters.rate));
  }
  const Duration gap = test.parameters.burst_every_ms > 0
                           ? std::chrono::milliseconds(test.parameters.burst_every_ms)
                           : length / std::max<std::int64_t>(operations, 1);
  return gap > kShortestGap ? Duration(0) : length;
}

Result<RunResult> Runner::run() {
  Parts& parts = *parts_;
  if (const auto found = obstacle()) return fail(found->text);
  parts.evidence.test = parts.test;
  parts.evidence.cluster = parts.options.cluster;
  parts.evidence.seed = parts.options.seed;
  parts.evidence.facts = facts_of(parts.test.config, parts.test.parameters.value_bytes);
  parts.evidence.facts.deadline = std::chrono::milliseconds(parts.test.parameters.timeout_ms);
  parts.evidence.facts.drain_waits_for = "the drain to begin";
  const std::string& dropped = parts.test.expect.dropped;
  if (!dropped.empty()) parts.evidence.notes.push_back(dropped);
  if (auto opened = parts.open_files(); !opened) return opened.error();
  if (auto started = parts.cluster.start(); !started) return started.error();
  if (!parts.run_phases()) parts.end_early();
  return parts.finish();
}

void Runner::interrupt() {
  parts_->interrupt_asked = true;
  parts_->cluster.interrupt();
}

}  // namespace holdfast::harness
