#include "nemesis/linux/nftables.h"

#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "nemesis/linux/descriptor.h"

namespace holdfast::nemesis {

using nlohmann::json;

void Nftables::Close::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Result<Nftables> Nftables::open() {
  // Without it the library would end the program.
  const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!socket.is_open()) {
    return fail(std::string("nftables is missing (") + std::strerror(errno) +
                "): load the kernel's module nf_tables");
  }
  Nftables nftables{std::unique_ptr<nft_ctx, Close>(nft_ctx_new(NFT_CTX_DEFAULT))};
  nft_ctx* const context = nftables.context_.get();
  if (context == nullptr) return fail("cannot reach nftables: out of memory or descriptors");
  nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_JSON);
  nft_ctx_buffer_output(context);
  nft_ctx_buffer_error(context);
  return nftables;
}

Result<json> Nftables::run(const json& commands) const {
  const std::string text = json{{"nftables", commands}}.dump();
  if (nft_run_cmd_from_buffer(context_.get(), text.c_str()) != 0) {
    return fail("nftables refuses (the kernel needs CONFIG_NF_TABLES): " + reason());
  }
  const std::string answer = nft_ctx_get_output_buffer(context_.get());
  if (answer.empty()) return json::array();
  json parsed = json::parse(answer, nullptr, false);
  if (!parsed.is_object() || !parsed["nftables"].is_array()) {
    return fail("cannot read the answer of nftables");
  }
  return parsed["nftables"];
}

Result<> Nftables::claim_table(const char* family) const {
  // As text: in JSON this version of nftables knows no flags of tables.
  const std::string text = std::string("add table ") + family + " holdfast { flags owner; }";
  if (nft_run_cmd_from_buffer(context_.get(), text.c_str()) == 0) return {};
  return fail(std::string("nftables refuses a table of the family ") + family +
              " (needs root, and Linux 5.12 with CONFIG_NF_TABLES): " + reason());
}

std::string Nftables::reason() const {
  const std::string text = nft_ctx_get_error_buffer(context_.get());
  return text.substr(0, text.find('\n'));
}

json Nftables::command(const char* verb, const char* kind, const char* family, json about) {
  about["family"] = family;
  about["table"] = "holdfast";
  return {{verb, {{kind, std::move(about)}}}};
}

json Nftables::drop_if_in(const char* set, json left) {
  const json match = {{"op", "=="}, {"left", std::move(left)}, {"right", std::string("@") + set}};
  return json::array({{{"match", match}}, {{"drop", nullptr}}});
}

}  // namespace holdfast::nemesis
