#include "node/core/anti_entropy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "node/base/check.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kNodesPerMessage = 4096;
constexpr std::uint64_t kBytesPerMessage = 1024 * 1024;
constexpr std::uint64_t kTreeNodeBytes = 16;
constexpr std::uint64_t kRowBytes = 48;  // version, id and lengths, beside key and value

std::uint64_t bytes_of(const DumpedRow& row) {
  return kRowBytes + row.key.size() + row.row.value.size();
}

}  // namespace

AntiEntropyRound::AntiEntropyRound(Context& context, Replica& replica)
    : context_(context), replica_(replica), last_periodic_(context.now.wall) {}

// ---- As initiator --------------------------------------------------------------------------

void AntiEntropyRound::request(NodeId peer) {
  const bool known = std::find(requested_.begin(), requested_.end(), peer) != requested_.end();
  if (!known) requested_.push_back(peer);
  if (!is_running()) begin_round();
}

void AntiEntropyRound::tick() {
  if (peer_ != kNoNode && deadline_ <= context_.now.steady) {
    round_failed_ = true;
    peer_ = kNoNode;
    next_peer();
  }
  if (context_.config.anti_entropy == AntiEntropy::periodic) start_periodic();
}

void AntiEntropyRound::start_periodic() {
  const Duration passed = context_.now.wall - last_periodic_;
  if (passed < Duration{0}) last_periodic_ = context_.now.wall;  // the clock was set back
  if (context_.config.has(Bug::period_only_until_a_restart) && context_.identity.incarnation > 1) {
    return;
  }
  if (context_.config.has(Bug::period_ends_with_a_failed_round) &&
      context_.counters.anti_entropy_failed > 0) {
    return;
  }
  if (passed < context_.config.anti_entropy_period || is_running()) return;
  last_periodic_ = context_.now.wall;
  // One exchange serves both, so of two nodes the lower begins.
  for (NodeId peer = 0; peer < context_.ring.members(); ++peer) {
    if (peer > context_.self()) peers_.push_back(peer);
  }
  open_round();
}

void AntiEntropyRound::begin_round() {
  if (requested_.empty()) return;
  const NodeId peer = requested_.front();
  requested_.erase(requested_.begin());
  for (NodeId node = 0; node < context_.ring.members(); ++node) {
    if (node != context_.self() && (peer == kNoNode || peer == node)) peers_.push_back(node);
  }
  open_round();
}

void AntiEntropyRound::open_round() {
  if (peers_.empty()) return;  // nobody to compare with: that would be a silent round
  round_open_ = true;
  next_peer();
}

void AntiEntropyRound::next_peer() {
  while (peer_ == kNoNode && !peers_.empty()) {
    const NodeId peer = peers_.front();
    peers_.pop_front();
    if (!context_.detector.is_up(peer)) {
      round_failed_ = true;
      continue;
    }
    peer_ = peer;
    begin_session();
  }
  if (peer_ != kNoNode || !round_open_) return;
  round_open_ = false;
  Counters& counters = context_.counters;
  if (round_failed_) {
    ++counters.anti_entropy_failed;
    counters.anti_entropy_silent = 0;
  } else {
    ++counters.anti_entropy_rounds;
    counters.anti_entropy_silent = round_rows_ == 0 ? counters.anti_entropy_silent + 1 : 0;
  }
  round_failed_ = false;
  round_rows_ = 0;
  begin_round();
}

void AntiEntropyRound::begin_session() {
  CHECK(peer_ != context_.self() && peer_ < context_.ring.members());
  session_ = context_.random.next();
  level_ = 0;
  to_compare_.clear();
  next_level_.clear();
  leaves_.clear();
  wanted_.clear();
  bool skip = context_.config.has(Bug::merkle_misses_range);
  for (std::uint32_t range = 0; range < context_.ring.range_count(); ++range) {
    if (!replica_.forest().covers(range) || !context_.ring.is_home(range, peer_)) continue;
    if (!std::exchange(skip, false)) to_compare_.push_back({range, 0, 0});
  }
  compare_next();
}

void AntiEntropyRound::compare_next() {
  MerkleForest& forest = replica_.forest();
  if (to_compare_.empty()) {
    if (level_ == forest.leaf_level() || next_level_.empty()) return exchange_next();
    ++level_;
    to_compare_.swap(next_level_);
  }
  TreeCompare message{session_, level_, {}};
  while (!to_compare_.empty() && message.nodes.size() < kNodesPerMessage) {
    TreeNode node = to_compare_.front();
    to_compare_.pop_front();
    node.hash = forest.hash(node.range, level_, node.index);
    message.nodes.push_back(node);
  }
  const std::uint64_t bytes = message.nodes.size() * kTreeNodeBytes;
  send(std::move(message), bytes);
}

void AntiEntropyRound::receive(NodeId from, const TreeDifference& difference) {
  if (!is_current(from, difference.session) || difference.level != level_) return;
  const bool leaf_level = level_ == replica_.forest().leaf_level();
  for (const TreeNode& node : difference.nodes) {
    if (!is_shared(node, level_, from)) return;
    if (leaf_level) {
      leaves_.push_back(node);
      continue;
    }
    for (std::uint32_t child = 0; child < MerkleForest::kFanOut; ++child) {
      next_level_.push_back({node.range, node.index * MerkleForest::kFanOut + child, 0});
    }
  }
  compare_next();
}

void AntiEntropyRound::exchange_next() {
  CHECK(to_compare_.empty() && wanted_.empty());  // what one leaf lacks goes before the next
  if (leaves_.empty()) return end_session();
  LeafSummary message{session_, {}, {}};
  comparing_.clear();
  while (!leaves_.empty() && message.rows.size() < context_.config.anti_entropy_batch_rows) {
    const std::vector<TreeNode> leaf = {leaves_.front()};
    leaves_.pop_front();
    message.leaves.push_back(leaf.front());
    comparing_.push_back(leaf.front());
    std::vector<RowSummary> rows = summarize(leaf);
    std::move(rows.begin(), rows.end(), std::back_inserter(message.rows));
  }
  std::uint64_t bytes = message.leaves.size() * kTreeNodeBytes;
  for (const RowSummary& row : message.rows) bytes += kRowBytes + row.key.size();
  send(std::move(message), bytes);
}

void AntiEntropyRound::receive(NodeId from, const LeafDifference& difference) {
  if (!is_current(from, difference.session)) return;
  round_rows_ += difference.rows.size();
  const std::uint64_t changed = take_rows(from, difference.rows);
  std::uint64_t bytes = 0;
  for (const DumpedRow& row : difference.rows) bytes += bytes_of(row);
  // A full message: the peer may have more. Not if all was in vain, for then it would be again.
  if (bytes >= kBytesPerMessage && changed > 0) {
    leaves_.insert(leaves_.begin(), comparing_.begin(), comparing_.end());
  }
  wanted_.assign(difference.wanted.begin(), difference.wanted.end());
  if (context_.config.has(Bug::repair_pulls_only)) wanted_.clear();
  send_wanted();
}

void AntiEntropyRound::send_wanted() {
  if (wanted_.empty()) return exchange_next();
  RepairRows message{session_, {}};
  std::uint64_t bytes = 0;
  while (!wanted_.empty() && bytes < kBytesPerMessage) {
    const std::string key = std::move(wanted_.front());
    wanted_.pop_front();
    std::optional<Row> row = replica_.get(key);
    if (!row || is_skipped(*row)) continue;
    message.rows.push_back({key, std::move(*row)});
    bytes += bytes_of(message.rows.back());
  }
  round_rows_ += message.rows.size();
  context_.counters.anti_entropy_rows_sent += message.rows.size();
  send(std::move(message), bytes);
}

void AntiEntropyRound::receive(NodeId from, const RepairRowsReply& reply) {
  if (is_current(from, reply.session)) send_wanted();
}

void AntiEntropyRound::end_session() {
  peer_ = kNoNode;
  next_peer();
}

bool AntiEntropyRound::is_current(NodeId from, std::uint64_t session) const {
  return peer_ == from && session_ == session;
}

std::uint64_t AntiEntropyRound::take_rows(NodeId from, const std::vector<DumpedRow>& rows) {
  std::uint64_t changed = 0;
  for (const DumpedRow& row : rows) {
    if (!replica_.merge(row.key, row.row)) continue;
    context_.log(EventKind::row_repaired, from, row.row, 0, 1);
    ++changed;
  }
  context_.counters.anti_entropy_rows_received += rows.size();
  context_.counters.anti_entropy_keys_repaired += changed;
  return changed;
}

void AntiEntropyRound::send(Message message, std::uint64_t bytes) {
  // A step may scan and merge thousands of rows on the other side.
  deadline_ = context_.now.steady + 4 * context_.config.request_timeout;
  answer(peer_, std::move(message), bytes);
}

// ---- As peer -------------------------------------------------------------------------------

void AntiEntropyRound::answer(NodeId to, Message message, std::uint64_t bytes) {
  context_.counters.anti_entropy_bytes += bytes;
  context_.send(to, Durability::none, std::move(message));
}

void AntiEntropyRound::receive(NodeId from, const TreeCompare& compare) {
  MerkleForest& forest = replica_.forest();
  if (compare.level > forest.leaf_level()) return;
  TreeDifference difference{compare.session, compare.level, {}};
  for (const TreeNode& node : compare.nodes) {
    if (!is_shared(node, compare.level, from)) continue;
    ++context_.counters.anti_entropy_hash_comparisons;
    const bool noisy = node.index == 0 && context_.config.has(Bug::repair_never_quiet);
    if (forest.hash(node.range, compare.level, node.index) == node.hash && !noisy) continue;
    const bool last =
        compare.level == forest.leaf_level() && node.index + 1 == forest.level_size(compare.level);
    if (last && context_.config.has(Bug::merkle_misses_last_leaf)) continue;
    ++context_.counters.anti_entropy_differences;
    difference.nodes.push_back({node.range, node.index, 0});
  }
  const std::uint64_t bytes = difference.nodes.size() * kTreeNodeBytes;
  answer(from, std::move(difference), bytes);
}

bool AntiEntropyRound::is_skipped(const Row& row) const {
  return row.deleted && context_.config.has(Bug::repair_ignores_tombstones);
}

bool AntiEntropyRound::is_shared(const TreeNode& node, std::uint32_t level, NodeId peer) const {
  return node.range < context_.ring.range_count() && replica_.forest().covers(node.range) &&
         context_.ring.is_home(node.range, peer) &&
         node.index < replica_.forest().level_size(level);
}

std::vector<RowSummary> AntiEntropyRound::summarize(const std::vector<TreeNode>& leaves) const {
  std::vector<RowSummary> rows;
  for (const TreeNode& leaf : leaves) {
    const TokenRange tokens = replica_.forest().leaf_tokens(leaf.range, leaf.index);
    if (tokens.first > tokens.last) continue;
    context_.store.scan_heads(tokens.first, tokens.last,
                              [&](std::uint64_t, std::string_view key, const RowHead& head) {
                                rows.push_back({std::string(key), head.version});
                                return true;
                              });
  }
  return rows;
}

void AntiEntropyRound::receive(NodeId from, const LeafSummary& summary) {
  for (const TreeNode& leaf : summary.leaves) {
    if (!is_shared(leaf, replica_.forest().leaf_level(), from)) return;
  }
  std::map<std::string_view, Version> theirs;
  for (const RowSummary& row : summary.rows) theirs.emplace(row.key, row.version);
  LeafDifference difference{summary.session, {}, {}};
  std::uint64_t bytes = 0;
  for (const RowSummary& mine : summarize(summary.leaves)) {
    const auto found = theirs.find(mine.key);
    const Version their_version = found == theirs.end() ? Version{} : found->second;
    if (found != theirs.end()) theirs.erase(found);
    if (mine.version < their_version) difference.wanted.push_back(mine.key);
    const bool noisy = context_.config.has(Bug::repair_never_quiet);
    if (mine.version < their_version || (mine.version == their_version && !noisy)) continue;
    if (bytes >= kBytesPerMessage) continue;
    std::optional<Row> row = replica_.get(mine.key);
    if (row && !is_skipped(*row)) {
      difference.rows.push_back({mine.key, std::move(*row)});
      bytes += bytes_of(difference.rows.back());
    }
  }
  for (const auto& [key, version] : theirs) difference.wanted.emplace_back(key);
  for (const std::string& key : difference.wanted) bytes += key.size();
  context_.counters.anti_entropy_rows_sent += difference.rows.size();
  answer(from, std::move(difference), bytes);
}

void AntiEntropyRound::receive(NodeId from, const RepairRows& repair) {
  take_rows(from, repair.rows);
  answer(from, RepairRowsReply{repair.session}, 0);
}

}  // namespace holdfast::node
