#include "nemesis/linux/firewall.h"

#include <nftables/libnftables.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace holdfast::nemesis {
namespace {

using nlohmann::json;

constexpr const char* kTable = "holdfast";
constexpr const char* kSet = "blocked";

// An object of our table: `kind` is the word that nftables has for it.
json command(const char* verb, const char* kind, json about) {
  about["family"] = "ip";
  about[std::string(kind) == "table" ? "name" : "table"] = kTable;
  return {{verb, {{kind, std::move(about)}}}};
}

std::string transaction(json commands) { return json{{"nftables", std::move(commands)}}.dump(); }

std::string table_with_set_and_rule() {
  const json source = {{"payload", {{"protocol", "ip"}, {"field", "saddr"}}}};
  const json is_blocked = {
      {"match", {{"op", "=="}, {"left", source}, {"right", std::string("@") + kSet}}}};
  return transaction({
      command("add", "table", json::object()),
      command("add", "set",
              {{"name", kSet}, {"type", "ipv4_addr"}, {"stmt", {{{"counter", nullptr}}}}}),
      command("add", "chain",
              {{"name", "input"},
               {"type", "filter"},
               {"hook", "input"},
               {"prio", -300},  // before connections are tracked
               {"policy", "accept"}}),
      command("add", "rule",
              {{"chain", "input"}, {"expr", json::array({is_blocked, {{"drop", nullptr}}})}}),
  });
}

// The counters of the set's elements, by address.
std::map<std::string, Dropped> counters_of(const json& answer) {
  std::map<std::string, Dropped> counters;
  for (const json& object : answer.at("nftables")) {
    if (!object.contains("set") || !object["set"].contains("elem")) continue;
    for (const json& element : object["set"]["elem"]) {
      const json& counter = element.at("elem").at("counter");
      counters[element["elem"].at("val").get<std::string>()] = {
          counter.at("packets").get<std::uint64_t>(), counter.at("bytes").get<std::uint64_t>()};
    }
  }
  return counters;
}

}  // namespace

void Firewall::Close::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Result<Firewall> Firewall::make() {
  Firewall firewall{std::unique_ptr<nft_ctx, Close>(nft_ctx_new(NFT_CTX_DEFAULT))};
  nft_ctx* const context = firewall.context_.get();
  if (context == nullptr) return fail("cannot reach nftables: out of memory or descriptors");
  nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_JSON);
  nft_ctx_buffer_output(context);
  nft_ctx_buffer_error(context);
  if (auto made = firewall.run(table_with_set_and_rule()); !made) {
    return fail(made.error().message + " (the kernel needs nf_tables: CONFIG_NF_TABLES)");
  }
  return firewall;
}

Result<> Firewall::block(const std::string& address) { return change("add", address); }
Result<> Firewall::unblock(const std::string& address) { return change("delete", address); }

Result<> Firewall::unblock_all() {
  const auto done = run(transaction(json::array({command("flush", "set", {{"name", kSet}})})));
  if (!done) return done.error();
  return {};
}

Result<std::map<std::string, Dropped>> Firewall::dropped() const {
  const auto answer = run(transaction(json::array({command("list", "set", {{"name", kSet}})})));
  if (!answer) return answer.error();
  try {
    return counters_of(json::parse(answer.value()));
  } catch (const json::exception& thrown) {
    return fail(std::string("cannot read nftables' counters: ") + thrown.what());
  }
}

Result<> Firewall::change(const char* verb, const std::string& address) {
  const auto done = run(transaction(
      json::array({command(verb, "element", {{"name", kSet}, {"elem", json::array({address})}})})));
  if (!done) return done.error();
  return {};
}

Result<std::string> Firewall::run(const std::string& commands) const {
  if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) != 0) {
    std::string reason = nft_ctx_get_error_buffer(context_.get());
    reason = reason.substr(0, reason.find('\n'));
    return fail("nftables refuses: " + reason);
  }
  return std::string(nft_ctx_get_output_buffer(context_.get()));
}

}  // namespace holdfast::nemesis
