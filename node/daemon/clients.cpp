#include "node/daemon/clients.h"

#include <utility>

#include "node/daemon/clock.h"
#include "node/daemon/log.h"

namespace holdfast::node {
namespace {

constexpr Duration kClosingTime = std::chrono::seconds(5);

bool is_error(const Message& reply) {
  const auto* client_reply = std::get_if<ClientReply>(&reply);
  return client_reply != nullptr && client_reply->error != ErrorCode::none;
}

}  // namespace

Clients::Clients(Loop& loop, Driver& driver, RequestRouter& router, std::string secret,
                 std::function<ServerFacts()> facts, const ClientLimits& limits)
    : loop_(loop),
      driver_(driver),
      router_(router),
      secret_(std::move(secret)),
      facts_(std::move(facts)),
      limits_(limits) {}

Clients::~Clients() {
  for (const auto& [number, client] : clients_) client->stream->close();
}

Result<std::uint16_t> Clients::listen(const Endpoint& endpoint) {
  return loop_.listen(endpoint, [this](StreamPtr stream) { accept(std::move(stream)); });
}

void Clients::accept(StreamPtr stream) {
  if (clients_.size() >= limits_.clients) {
    ++counters_.refused;
    stream->send("-ERR max number of clients reached\r\n");
    stream->close_when_sent();
    return;
  }
  ++counters_.accepted;
  const std::uint64_t number = ++last_number_;
  const auto client = std::make_shared<Client>(number, *this, std::move(stream));
  clients_.emplace(number, client);
  counters_.connected = clients_.size();
  Stream::Handlers handlers;
  const std::weak_ptr<Client> weak = client;
  handlers.on_data = [this, weak](std::string_view bytes) {
    if (const ClientPtr one = weak.lock()) on_data(*one, bytes);
  };
  handlers.on_end = [this, weak] {
    if (const ClientPtr one = weak.lock()) {
      one->session.close();
      touch(*one);
    }
  };
  handlers.on_closed = [this, weak](const std::string&) {
    if (const ClientPtr one = weak.lock()) remove(*one);
  };
  handlers.on_sent = [this, weak] {
    if (const ClientPtr one = weak.lock()) touch(*one);
  };
  client->stream->start(std::move(handlers));
}

void Clients::on_data(Client& client, std::string_view bytes) {
  counters_.bytes_received += bytes.size();
  client.reader.append(bytes);
  execute(client);
  account(client);
}

// Executes what has been received, as far as that may be done now.
void Clients::execute(Client& client) {
  while (!client.closing) {
    const std::size_t unread = client.stream->unsent() + client.session.output().size();
    client.waiting = !client.session.can_execute() || unread > limits_.paused_at;
    if (client.waiting) break;
    const RespState state = client.reader.next(arguments_);
    if (state == RespState::incomplete) break;
    touch(client);
    if (state == RespState::damaged) {
      ++counters_.broken;
      client.session.refuse(client.reader.error());
      break;
    }
    ++counters_.commands;
    client.session.execute(arguments_);
  }
  if (client.waiting) {
    client.stream->pause_reading();
  } else {
    client.stream->resume_reading();
  }
}

bool Clients::submit(Session& session, std::uint64_t command, std::uint32_t part,
                     Message&& request) {
  const std::uint64_t number = session.number;
  return router_.submit(std::move(request), [this, number, command, part](Message* reply) {
    on_reply(number, command, part, reply);
  });
}

void Clients::on_reply(std::uint64_t number, std::uint64_t command, std::uint32_t part,
                       Message* reply) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  const ClientPtr client = found->second;
  // Unknown outcome: a broken connection says so in every client library.
  if (reply == nullptr) {
    client->stream->close();
    return remove(*client);
  }
  if (is_error(*reply)) ++counters_.errors;
  client->session.complete(command, part, std::move(*reply));
  touch(*client);
}

void Clients::touch(Client& client) {
  if (client.touched) return;
  const auto found = clients_.find(client.session.number);
  if (found == clients_.end()) return;
  client.touched = true;
  touched_.push_back(found->second);
}

void Clients::flush() {
  for (const ClientPtr& client : std::exchange(touched_, {})) {
    client->touched = false;
    if (!clients_.contains(client->session.number)) continue;
    send(*client);
    account(*client);
    if (client->waiting) may_go_on_.push_back(client);
  }
}

void Clients::go_on() {
  for (const ClientPtr& client : std::exchange(may_go_on_, {})) {
    if (!clients_.contains(client->session.number)) continue;
    execute(*client);
    account(*client);
  }
}

void Clients::send(Client& client) {
  std::string& output = client.session.output();
  counters_.bytes_sent += output.size();
  client.stream->send(output);
  output.clear();
  if (output.capacity() > (std::size_t{16} << 10)) output.shrink_to_fit();
  client.stream->flush();
  if (client.closing || !client.session.is_closing()) return;
  client.closing = true;
  client.closing_since = steady_now();
  const bool all_sent = client.stream->unsent() == 0;
  client.stream->close_when_sent();
  if (all_sent) remove(client);
}

void Clients::account(Client& client) {
  const std::size_t unread = client.stream->unsent() + client.session.output().size();
  memory_ -= client.memory;
  client.memory = client.reader.buffered() + unread;
  memory_ += client.memory;
  if (!clients_.contains(client.session.number)) {
    memory_ -= std::exchange(client.memory, 0);
  } else if (unread > limits_.closed_at) {
    ++counters_.evicted;
    log_warn("client " + std::to_string(client.session.number) + " does not read: closed");
    client.stream->close();
    remove(client);
  } else if (memory_ > limits_.memory) {
    evict_largest();
  }
}

void Clients::evict_largest() {
  ClientPtr largest;
  for (const auto& [number, client] : clients_) {
    if (!largest || client->memory > largest->memory) largest = client;
  }
  ++counters_.evicted;
  log_warn("clients hold too much memory: the largest, " + std::to_string(largest->session.number) +
           ", is closed");
  largest->stream->close();
  remove(*largest);
}

void Clients::remove(Client& client) {
  memory_ -= std::exchange(client.memory, 0);
  clients_.erase(client.session.number);
  counters_.connected = clients_.size();
}

void Clients::keep(SteadyTime now) {
  std::vector<ClientPtr> gone;
  for (const auto& [number, client] : clients_) {
    if (client->closing &&
        (client->stream->unsent() == 0 || now - client->closing_since > kClosingTime)) {
      gone.push_back(client);
    }
  }
  for (const ClientPtr& client : gone) {
    client->stream->close();
    remove(*client);
  }
}

}  // namespace holdfast::node
