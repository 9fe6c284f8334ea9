// ioredis against the cluster at HOLDFAST_PORT (see with_cluster).
const test = require("node:test");
const assert = require("node:assert");
const Redis = require("ioredis");

function connect(t) {
  const client = new Redis({ port: Number(process.env.HOLDFAST_PORT), connectionName: "ioredis" });
  t.after(() => client.disconnect());
  return client;
}

test("keys", async (t) => {
  const client = connect(t);
  assert.equal(await client.set("k", "v"), "OK");
  assert.equal(await client.get("k"), "v");
  assert.equal(await client.get("nothing"), null);
  assert.equal(await client.mset("a", 1, "b", 2), "OK");
  assert.deepEqual(await client.mget("a", "nothing", "b"), ["1", null, "2"]);
  assert.equal(await client.exists("a", "b", "nothing"), 2);
  assert.equal(await client.del("a", "nothing"), 1);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  assert.equal(await client.set(bytes, bytes), "OK");
  assert.deepEqual(await client.getBuffer(bytes), bytes);
});

test("options of SET", async (t) => {
  const client = connect(t);
  assert.equal(await client.set("k", "v", "KEEPTTL"), "OK");
  await assert.rejects(client.set("k", "w", "EX", 10), /this store has no expiry/);
  await assert.rejects(client.set("k", "w", "NX"), /cannot read and write in one step/);
  await assert.rejects(client.set("k", "w", "GET"), /cannot read and write in one step/);
  assert.equal(await client.get("k"), "v");
});

test("connection and server", async (t) => {
  const client = connect(t);
  assert.equal(await client.ping(), "PONG");
  assert.equal(await client.echo("hello"), "hello");
  assert.equal(await client.client("GETNAME"), "ioredis");
  assert.equal(await client.client("SETNAME", "renamed"), "OK");
  assert.equal(await client.client("SETINFO", "LIB-NAME", "x"), "OK");
  assert.equal(await client.select(0), "OK");
  await assert.rejects(client.select(1), /out of range/);
  assert.match(await client.info(), /redis_version:/);
  assert.equal(await client.config("SET", "request_timeout_ms", 5000), "OK");
  const pair = await client.config("GET", "request_timeout_ms");
  assert.deepEqual(pair, ["request_timeout_ms", "5000"]);
  assert.equal((await client.command()).length, await client.command("COUNT"));
  await assert.rejects(client.incr("k"), /unknown command/);
  assert.equal(await client.quit(), "OK");
});

test("pipeline", async (t) => {
  const client = connect(t);
  const pipeline = client.pipeline();
  for (let i = 0; i < 2000; ++i) pipeline.set("p", i).get("p");
  const replies = await pipeline.exec();
  for (let i = 0; i < 2000; ++i) assert.deepEqual(replies[2 * i + 1], [null, String(i)]);
});
