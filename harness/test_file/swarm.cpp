#include "harness/test_file/swarm.h"

#include <algorithm>

#include "harness/test_file/random_faults.h"
#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

using node::AntiEntropy;
using node::Durability;
using node::HintHolder;
using node::QuorumKind;
using node::ReadRepair;
using node::TombstoneGc;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// Of a hundred seeds, so many have it.
bool percent(Random& random, std::uint64_t share) { return random.chance(share, 100); }

// Log-uniform: small numbers are as likely as large ones.
std::int64_t draw_log(Random& random, std::int64_t low, std::int64_t high) {
  std::uint64_t doublings = 0;
  while ((low << (doublings + 1)) <= high) ++doublings;
  const std::int64_t from = low << random.below(doublings + 1);
  return random.between(from, std::min(high, 2 * from));
}

// The time scale: how long the load lasts. A few seeds take hours.
struct Scale {
  Duration load{0};
  bool hours_long = false;
};

Scale draw_scale(std::uint64_t seed) {
  Random random(derive_seed(seed, "random-scale"));
  Scale scale;
  scale.hours_long = percent(random, 4);
  scale.load = scale.hours_long ? Duration(minutes(random.between(60, 360)))
                                : Duration(milliseconds(draw_log(random, 4000, 64'000)));
  return scale;
}

void draw_quorums(TestFile& test, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-quorums"));
  node::Config& config = test.config;
  test.nodes = static_cast<std::uint16_t>(random.between(3, 7));
  const std::uint64_t most = std::min<std::uint64_t>(test.nodes, 5);
  config.n = static_cast<std::uint32_t>(percent(random, 65) ? 3 : 1 + random.below(most));
  if (percent(random, 5)) config.n = test.nodes;
  const std::uint64_t kind = random.below(100);
  config.quorum = kind < 50 ? QuorumKind::strict : kind < 85 ? QuorumKind::sloppy : QuorumKind::any;
  const std::uint32_t majority = config.n / 2 + 1;
  const bool overlap = percent(random, 60);
  config.w = majority;
  config.r = majority;
  if (!overlap) {
    config.w = static_cast<std::uint32_t>(1 + random.below(config.n));
    config.r = static_cast<std::uint32_t>(1 + random.below(config.n));
  }
  if (percent(random, 8)) config.w = config.n;
  // In strict quorums every answer is a home replica's, and PW and PR say nothing new.
  const std::uint64_t with_homes = config.quorum == QuorumKind::strict ? 10 : 50;
  if (percent(random, with_homes)) {
    config.pw = static_cast<std::uint32_t>(1 + random.below(config.w));
  }
  if (percent(random, with_homes))
    config.pr = static_cast<std::uint32_t>(1 + random.below(config.r));
  config.virtual_nodes = static_cast<std::uint32_t>(draw_log(random, 1, 32));
  config.merkle_leaves = percent(random, 50) ? 16 : 256;
}

void draw_hints(TestFile& test, const Scale& scale, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-hints"));
  node::Config& config = test.config;
  const std::uint64_t holder = random.below(100);
  config.hint_holder = holder < 55   ? HintHolder::fallback
                       : holder < 92 ? HintHolder::coordinator
                                     : HintHolder::none;
  config.hint_counts = percent(random, 85);
  config.fallback_reads = percent(random, 75);
  config.hint_durability = percent(random, 75) ? Durability::fsync : Durability::written;
  config.store_durability = percent(random, 75) ? Durability::fsync : Durability::written;
  const std::int64_t load_ms = to_us(scale.load) / 1000;
  if (percent(random, 35)) config.hint_window = milliseconds(draw_log(random, 500, load_ms));
  if (percent(random, 25)) config.hint_max_age = milliseconds(draw_log(random, 1000, 2 * load_ms));
  if (percent(random, 10))
    config.hint_max_count = static_cast<std::uint64_t>(draw_log(random, 1, 400));
  if (percent(random, 10)) {
    config.hint_max_bytes = static_cast<std::uint64_t>(draw_log(random, 500, 50'000));
  }
  if (percent(random, 10)) {
    config.hint_max_count_per_destination = static_cast<std::uint64_t>(draw_log(random, 1, 200));
  }
  if (percent(random, 10)) {
    config.hint_max_bytes_per_destination =
        static_cast<std::uint64_t>(draw_log(random, 500, 50'000));
  }
  if (percent(random, 15)) {
    config.hints_in_flight = static_cast<std::uint32_t>(draw_log(random, 1, 32));
  }
}

void draw_handoff(TestFile& test, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-handoff"));
  node::Config& config = test.config;
  if (percent(random, 30)) {
    config.handoff_send_bytes_per_s = static_cast<std::uint64_t>(draw_log(random, 2000, 200'000));
  }
  if (percent(random, 20)) {
    config.handoff_receive_bytes_per_s =
        static_cast<std::uint64_t>(draw_log(random, 2000, 200'000));
  }
  config.handoff_batch_count = static_cast<std::uint32_t>(draw_log(random, 1, 256));
  if (percent(random, 20)) {
    config.handoff_batch_bytes = static_cast<std::uint32_t>(draw_log(random, 1, 16'384));
  }
  config.handoff_concurrency = static_cast<std::uint32_t>(random.between(1, 4));
  config.handoff_retry = milliseconds(draw_log(random, 50, 3000));
}

void draw_repair(TestFile& test, const Scale& scale, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-repair"));
  node::Config& config = test.config;
  constexpr ReadRepair kRepairs[] = {ReadRepair::off, ReadRepair::async, ReadRepair::blocking};
  config.read_repair = kRepairs[random.below(std::size(kRepairs))];
  const std::uint64_t die = random.below(100);
  config.anti_entropy = die < 30   ? AntiEntropy::off
                        : die < 70 ? AntiEntropy::on_demand
                                   : AntiEntropy::periodic;
  const std::int64_t load_ms = to_us(scale.load) / 1000;
  config.anti_entropy_period = milliseconds(random.between(load_ms / 8, load_ms));
  test.phases.anti_entropy_by_period =
      config.anti_entropy == AntiEntropy::periodic && percent(random, 50);
  config.anti_entropy_batch_rows = static_cast<std::uint32_t>(draw_log(random, 1, 512));
  if (percent(random, 25)) {
    config.tombstone_gc = TombstoneGc::grace;
    config.tombstone_grace = milliseconds(random.between(load_ms / 4, 4 * load_ms));
  }
}

void draw_detection(TestFile& test, const Scale& scale, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-detection"));
  node::Config& config = test.config;
  config.heartbeat_interval =
      milliseconds(scale.hours_long ? random.between(2000, 10'000) : draw_log(random, 100, 1000));
  config.failure_timeout = config.heartbeat_interval * random.between(3, 6);
  config.request_timeout = milliseconds(draw_log(random, 250, 2000));
  test.parameters.timeout_ms =
      static_cast<std::uint64_t>(to_us(config.request_timeout) / 1000 + 1000);
}

void draw_load(TestFile& test, const Scale& scale, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-load"));
  workloads::Parameters& load = test.parameters;
  test.phases.load = scale.load;
  test.workload = percent(random, 85) ? "register" : "set";
  const auto operations = static_cast<std::uint64_t>(draw_log(random, 250, 3000));
  load.reads_per_mille = static_cast<std::uint32_t>(random.between(50, 800));
  load.writes = std::max<std::uint64_t>(operations * (1000 - load.reads_per_mille) / 1000, 10);
  load.keys = static_cast<std::uint64_t>(draw_log(random, 8, 2048));
  // A few hot keys under many clients show what a thousand quiet ones hide.
  const bool hot = percent(random, 12);
  if (hot) load.keys = random.between(1, 4);
  if (test.workload == "set") load.keys = load.writes;
  load.deletes_per_mille =
      percent(random, 70) ? static_cast<std::uint32_t>(random.between(0, 500)) : 0;
  constexpr workloads::KeyChoice kChoices[] = {
      workloads::KeyChoice::uniform, workloads::KeyChoice::zipf, workloads::KeyChoice::sequential};
  load.key_choice = kChoices[random.below(std::size(kChoices))];
  load.zipf_per_mille = static_cast<std::uint32_t>(random.between(500, 1500));
  load.value_bytes = static_cast<std::uint32_t>(percent(random, 5) ? draw_log(random, 512, 8192)
                                                                   : draw_log(random, 1, 256));
  load.clients = static_cast<std::uint32_t>(hot ? random.between(16, 64) : draw_log(random, 1, 32));
  if (percent(random, 25)) {
    load.burst_every_ms =
        static_cast<std::uint64_t>(to_us(scale.load) / 1000 / random.between(3, 20));
  }
}

void draw_network(TestFile& test, std::uint64_t seed) {
  Random random(derive_seed(seed, "random-network"));
  test.network.delay = Duration(draw_log(random, 50, 12'800));
  test.network.jitter = Duration(draw_log(random, 50, 25'600));
  test.network.streams = percent(random, 20);
}

}  // namespace

TestFile draw_random_test(std::uint64_t seed) {
  TestFile test;
  test.name = kRandomTest;
  test.seed = seed;
  const Scale scale = draw_scale(seed);
  draw_quorums(test, seed);
  draw_hints(test, scale, seed);
  draw_handoff(test, seed);
  draw_repair(test, scale, seed);
  draw_detection(test, scale, seed);
  draw_load(test, scale, seed);
  draw_network(test, seed);
  test.schedule = draw_random_faults(test, seed);
  test.protect = true;
  CHECK(validate(test));
  return test;
}

}  // namespace holdfast::harness
