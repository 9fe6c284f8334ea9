// Package clients runs go-redis against the cluster at HOLDFAST_PORT (see with_cluster).
package clients

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

func connect(t *testing.T, protocol int) *redis.Client {
	client := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:" + os.Getenv("HOLDFAST_PORT"), Protocol: protocol, ClientName: "go-redis",
	})
	t.Cleanup(func() { client.Close() })
	return client
}

func expect[T comparable](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: got %v, expected %v", what, got, wanted)
	}
}

func refuses(t *testing.T, words string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("expected an error with %q, got %v", words, err)
	}
}

func TestBothProtocols(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		c := connect(t, protocol)
		expect(t, "PING", c.Ping(ctx).Val(), "PONG")
		expect(t, "ECHO", c.Echo(ctx, "hello").Val(), "hello")
		expect(t, "SET", c.Set(ctx, "k", "v", 0).Val(), "OK")
		expect(t, "GET", c.Get(ctx, "k").Val(), "v")
		expect(t, "GET", c.Get(ctx, "nothing").Err(), error(redis.Nil))
		expect(t, "MSET", c.MSet(ctx, "a", "1", "b", "2").Val(), "OK")
		values := c.MGet(ctx, "a", "nothing", "b").Val()
		expect(t, "MGET", len(values), 3)
		expect(t, "MGET", values[0], any("1"))
		expect(t, "MGET", values[1], nil)
		expect(t, "EXISTS", c.Exists(ctx, "a", "b", "nothing").Val(), 2)
		expect(t, "DEL", c.Del(ctx, "a", "nothing").Val(), 1)
		expect(t, "CLIENT GETNAME", c.ClientGetName(ctx).Val(), "go-redis")
		expect(t, "CONFIG SET", c.ConfigSet(ctx, "request_timeout_ms", "5000").Val(), "OK")
		expect(t, "CONFIG GET", c.ConfigGet(ctx, "request_timeout_ms").Val()["request_timeout_ms"], "5000")
		expect(t, "INFO", strings.Contains(c.Info(ctx, "server").Val(), "redis_version:"), true)
		expect(t, "COMMAND", c.Command(ctx).Val()["get"].FirstKeyPos, 1)
		expect(t, "QUIT", c.Do(ctx, "QUIT").Val(), any("OK"))
		expect(t, "PING", c.Ping(ctx).Val(), "PONG") // on a new connection
	}
}

func TestSetOptions(t *testing.T) {
	c := connect(t, 3)
	expect(t, "SET KEEPTTL", c.Set(ctx, "k", "v", redis.KeepTTL).Val(), "OK")
	refuses(t, "this store has no expiry", c.Set(ctx, "k", "w", 1e9).Err())
	refuses(t, "cannot read and write in one step", c.SetArgs(ctx, "k", "w", redis.SetArgs{Mode: "NX"}).Err())
	refuses(t, "cannot read and write in one step", c.SetArgs(ctx, "k", "w", redis.SetArgs{Get: true}).Err())
	refuses(t, "unknown command", c.Incr(ctx, "k").Err())
	expect(t, "GET", c.Get(ctx, "k").Val(), "v")
}

func TestPipeline(t *testing.T) {
	c := connect(t, 3)
	var gets []*redis.StringCmd
	pipeline := c.Pipeline()
	for i := 0; i < 2000; i++ {
		pipeline.Set(ctx, "p", i, 0)
		gets = append(gets, pipeline.Get(ctx, "p"))
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	for i, get := range gets {
		if got, _ := get.Int(); got != i {
			t.Fatalf("GET %d: got %d", i, got)
		}
	}
}
