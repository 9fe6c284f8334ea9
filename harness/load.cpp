#include "harness/load.h"

#include <algorithm>
#include <utility>

#include "checkers/text.h"
#include "node/base/check.h"
#include "node/base/random.h"
#include "workloads/value.h"

namespace holdfast::harness {
namespace {

using checkers::Function;
using checkers::Outcome;

constexpr std::size_t kMostClients = 100'000;
constexpr std::int64_t kInTime_ns = 50'000'000;
constexpr std::int64_t kHeldUp_ns = 1'000'000'000;  // that is worth a word

Outcome outcome_of(ErrorCode error) {
  if (error == ErrorCode::none) return Outcome::ok;
  return is_definite(error) ? Outcome::fail : Outcome::info;
}

std::int64_t value_of(const node::ClientReply& reply) {
  if (!reply.found) return checkers::kNil;
  return workloads::decode_value(reply.value).value_or(checkers::kForeignValue);
}

}  // namespace

Load::Load(Cluster& cluster, Recorder& recorder, const workloads::Parameters& parameters,
           std::uint64_t seed)
    : cluster_(cluster),
      recorder_(recorder),
      arrivals_(parameters.arrivals),
      timeout_(std::chrono::milliseconds(parameters.timeout_ms)),
      value_bytes_(parameters.value_bytes),
      seed_(seed),
      clients_(parameters.clients),
      next_process_(parameters.clients) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].process = static_cast<std::uint32_t>(i);
    clients_[i].turn = static_cast<std::uint32_t>(i);
    free_.push_back(i);
  }
}

void Load::start(Next next) {
  CHECK(is_idle());
  next_ = std::move(next);
  origin_ns_ = cluster_.now_ns();
  finished_ = false;
  waiting_ = false;
  held_up_ns_ = 0;
  burst_ = {};
  ++starts_;
  pump();
}

bool Load::has_client() {
  if (free_.empty() && arrivals_ == workloads::Arrivals::open && clients_.size() < kMostClients) {
    Client client;
    client.process = next_process_++;
    client.turn = static_cast<std::uint32_t>(clients_.size());
    free_.push_back(clients_.size());
    clients_.push_back(client);
  }
  return !free_.empty();
}

void Load::note_lateness(std::int64_t due_ns) {
  const std::int64_t now_ns = cluster_.now_ns();
  const std::int64_t late_ns = now_ns - origin_ns_ - held_up_ns_ - due_ns;
  if (due_ns == 0 || late_ns <= 0) return;  // all at once, or in time
  if (arrivals_ == workloads::Arrivals::closed) held_up_ns_ += late_ns;
  if (arrivals_ != workloads::Arrivals::queued) return;
  if (late_ns < kInTime_ns) {
    burst_ = {};
    return;
  }
  if (late_ns > burst_.latest_ns) burst_ = {late_ns, now_ns, now_ns, 0};
  burst_.to_ns = now_ns;
  ++burst_.operations;
  if (burst_.latest_ns >= kHeldUp_ns && burst_.operations > most_burst_.operations) {
    most_burst_ = burst_;
  }
}

std::string Load::burst() const {
  constexpr std::uint64_t kFew = 20;
  if (most_burst_.operations < kFew) return "";
  const std::int64_t ms =
      std::max<std::int64_t>((most_burst_.to_ns - most_burst_.from_ns) / 1'000'000, 1);
  return "clients were held up for " + checkers::duration_text(most_burst_.latest_ns) +
         ", and what was due by then came as a burst: " + std::to_string(most_burst_.operations) +
         " operations from " + checkers::seconds_text(most_burst_.from_ns) + " on, " +
         std::to_string(static_cast<std::int64_t>(most_burst_.operations) * 1000 / ms) +
         " a second (workload.arrivals says what becomes of them)";
}

void Load::pump() {
  while (!finished_ && !waiting_ && has_client()) {
    const workloads::Step step = next_(cluster_.now_ns() - origin_ns_ - held_up_ns_);
    switch (step.kind) {
      case workloads::Step::Kind::done:
        finished_ = true;
        break;
      case workloads::Step::Kind::wait:
        wait_until(origin_ns_ + held_up_ns_ + step.until_ns);
        break;
      case workloads::Step::Kind::request: {
        const std::size_t client = free_.front();
        free_.pop_front();
        note_lateness(step.until_ns);
        begin(client, step.request);
        break;
      }
    }
  }
}

void Load::wait_until(std::int64_t until_ns) {
  waiting_ = true;
  const std::int64_t left_ns = std::max<std::int64_t>(until_ns - cluster_.now_ns(), 0);
  cluster_.after(Duration((left_ns + 999) / 1000), [this, start = starts_] {
    if (start != starts_) return;
    waiting_ = false;
    pump();
  });
}

void Load::begin(std::size_t index, const workloads::Request& request) {
  Client& client = clients_[index];
  client.request = request;
  client.refusals = 0;
  ++client.turn;
  if (request.node != kNoNode) client.turn = request.node;
  checkers::Operation operation;
  operation.invoked_ns = cluster_.now_ns();
  operation.process = client.process;
  operation.function = request.function;
  operation.value = request.value;
  operation.node = static_cast<NodeId>(client.turn % cluster_.size());
  if (operation.is_write()) {
    operation.id = {derive_seed(seed_, "operation", client.process), issued_ + 1};
  }
  workloads::key_name(request.key, key_);
  client.operation = recorder_.invoke(operation, key_);
  ++issued_;
  ++under_way_;
  send(index);
}

void Load::send(std::size_t index) {
  const Client& client = clients_[index];
  checkers::Operation& operation = recorder_.operation(client.operation);
  operation.node = static_cast<NodeId>((client.turn + client.refusals) % cluster_.size());
  if (on_request_) on_request_(operation.node);
  const auto done = [this, index](node::ClientReply reply) { receive(index, std::move(reply)); };
  // A refusal took some of the client's time.
  const Duration spent((cluster_.now_ns() - operation.invoked_ns + 999) / 1000);
  const Duration timeout = std::max(timeout_ - spent, Duration(1));
  workloads::key_name(client.request.key, key_);
  if (operation.function == Function::read) {
    node::ClientRead read;
    read.key = key_;
    return cluster_.request(operation.node, std::move(read), timeout, done);
  }
  node::ClientWrite write;
  write.key = key_;
  write.id = operation.id;
  write.deleted = operation.function == Function::del;
  if (!write.deleted) workloads::encode_value(operation.value, value_bytes_, write.value);
  cluster_.request(operation.node, std::move(write), timeout, done);
}

void Load::receive(std::size_t index, node::ClientReply reply) {
  Client& client = clients_[index];
  if (reply.error == ErrorCode::refused && ++client.refusals < cluster_.size()) {
    return send(index);
  }
  finish(index, reply);
  --under_way_;
  free_.push_back(index);
  if (on_completion_) on_completion_();
  pump();
}

void Load::finish(std::size_t index, const node::ClientReply& reply) {
  Client& client = clients_[index];
  checkers::Operation& operation = recorder_.operation(client.operation);
  operation.completed_ns = cluster_.now_ns();
  operation.error = reply.error;
  operation.outcome = outcome_of(reply.error);
  operation.version = reply.version;
  for (const node::Ack& ack : reply.acks) operation.copies.add({ack.node, ack.destination});
  if (operation.function == Function::read) {
    operation.id = reply.id;
    if (operation.outcome == Outcome::ok) operation.value = value_of(reply);
  }
  recorder_.complete(client.operation);
  if (operation.outcome == Outcome::info) client.process = next_process_++;
}

}  // namespace holdfast::harness
