"""redis-py against the cluster at HOLDFAST_PORT (see with_cluster)."""

import os
import socket
import unittest

import redis

PORT = int(os.environ["HOLDFAST_PORT"])


class RedisPy(unittest.TestCase):
    def setUp(self):
        self.client = redis.Redis(port=PORT, client_name="redis-py", decode_responses=True)
        self.addCleanup(self.client.close)

    def refuses(self, words, call, *arguments, **options):
        with self.assertRaises(redis.ResponseError) as caught:
            call(*arguments, **options)
        self.assertIn(words, str(caught.exception))

    def test_keys(self):
        client = self.client
        self.assertTrue(client.set("k", "v"))
        self.assertEqual(client.get("k"), "v")
        self.assertIsNone(client.get("nothing"))
        self.assertTrue(client.mset({"a": "1", "b": "2"}))
        self.assertEqual(client.mget("a", "nothing", "b"), ["1", None, "2"])
        self.assertEqual(client.exists("a", "b", "nothing"), 2)
        self.assertEqual(client.delete("a", "nothing"), 1)
        self.assertIsNone(client.get("a"))

    def test_bytes(self):
        client = redis.Redis(port=PORT)
        value = bytes(range(256)) * 1000
        self.assertTrue(client.set(b"\0\r\n\xff", value))
        self.assertEqual(client.get(b"\0\r\n\xff"), value)
        client.close()

    def test_set_options(self):
        self.assertTrue(self.client.set("k", "v", keepttl=True))
        for option in ({"ex": 10}, {"px": 10}, {"exat": 10}, {"pxat": 10}):
            self.refuses("this store has no expiry", self.client.set, "k", "w", **option)
        for option in ({"nx": True}, {"xx": True}, {"get": True}):
            self.refuses("cannot read and write in one step", self.client.set, "k", "w", **option)
        self.assertEqual(self.client.get("k"), "v")

    def test_connection(self):
        client = self.client
        self.assertTrue(client.ping())
        self.assertEqual(client.echo("hello"), "hello")
        self.assertEqual(client.client_getname(), "redis-py")
        self.assertTrue(client.client_setname("renamed"))
        self.assertEqual(client.client_getname(), "renamed")
        self.assertEqual(client.execute_command("CLIENT", "SETINFO", "LIB-NAME", "x"), "OK")
        self.assertGreater(client.client_id(), 0)
        self.assertEqual(client.execute_command("SELECT", 0), True)
        self.refuses("out of range", client.execute_command, "SELECT", 1)
        self.assertIn("proto", client.execute_command("HELLO", 2))
        self.assertTrue(redis.Redis(port=PORT, db=0).quit())

    def test_server(self):
        client = self.client
        self.assertEqual(client.info()["holdfast_version"], client.info("server")["holdfast_version"])
        self.assertEqual(client.config_get("request_timeout_*"), {"request_timeout_ms": "5000"})
        self.assertTrue(client.config_set("request_timeout_ms", 900))
        self.assertEqual(client.config_get()["request_timeout_ms"], "900")
        self.assertTrue(client.config_set("request_timeout_ms", 5000))
        self.refuses("CONFIG SET failed", client.config_set, "n", 2)
        self.assertEqual(client.command()["get"]["first_key_pos"], 1)
        self.assertEqual(client.command_count(), len(client.command_list()))
        self.refuses("unknown command 'INCRBY'", client.incr, "k")

    def test_pipeline(self):
        pipeline = self.client.pipeline(transaction=False)
        for i in range(2000):
            pipeline.set(f"p{i % 10}", i).get(f"p{i % 10}")
        pipeline.incr("k").ping()
        replies = pipeline.execute(raise_on_error=False)
        for i in range(2000):
            self.assertEqual(replies[2 * i:2 * i + 2], [True, str(i)])
        self.assertIsInstance(replies[-2], redis.ResponseError)
        self.assertTrue(replies[-1])

    def test_inline(self):
        with socket.create_connection(("127.0.0.1", PORT), timeout=10) as raw:
            raw.sendall(b'SET inline "two words\\x21"\r\nGET inline\nPING\r\nQUIT\r\n')
            said = b""
            while part := raw.recv(1000):
                said += part
        self.assertEqual(said, b"+OK\r\n$10\r\ntwo words!\r\n+PONG\r\n+OK\r\n")


if __name__ == "__main__":
    unittest.main()
