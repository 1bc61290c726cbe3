package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
)

// members are the engines of an embedded cluster and how to be their client.
type members struct {
	engines []*Engine
	configs []Config
	client  Config
}

// startCluster starts three members at once, as an operator would.
func startCluster(t *testing.T, change func(cfg *Config)) *members {
	t.Helper()
	const n = 3
	ports := freePorts(t, 2*n)
	secret := writeFile(t, "secret", "a secret of the cluster\n")
	m := &members{engines: make([]*Engine, n), client: Config{TokenFile: secret}}
	var peers []string
	for i := range n {
		peers = append(peers, fmt.Sprintf("127.0.0.1:%d", ports[i]))
	}
	for i := range n {
		client := fmt.Sprintf("127.0.0.1:%d", ports[n+i])
		m.client.URLs = append(m.client.URLs, "nats://"+client)
		m.configs = append(m.configs, Config{
			ServerName: fmt.Sprintf("core%d", i), ClusterListen: peers[i], ClusterPeers: peers,
			ClusterSecretFile: secret, ClientListen: client, DataDir: t.TempDir(), MaxBytes: 16 << 30,
		})
		if change != nil {
			change(&m.configs[i])
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var starting sync.WaitGroup
	for i := range n {
		starting.Go(func() {
			var err error
			if m.engines[i], err = Open(ctx, m.configs[i], testLog()); err != nil {
				t.Errorf("Open: %v", err)
			}
		})
	}
	starting.Wait()
	t.Cleanup(m.stop)
	if t.Failed() {
		t.FailNow()
	}
	return m
}

func (m *members) stop() {
	var stopping sync.WaitGroup
	for _, e := range m.engines {
		if e != nil {
			stopping.Go(func() { _ = e.Close() })
		}
	}
	stopping.Wait()
}

func TestEngine_ContractClusterClient(t *testing.T) {
	m := startCluster(t, nil)
	config := func(*testing.T) Config {
		cfg := m.client
		cfg.Namespace, cfg.Replicas = freshNamespace(), 3
		return cfg
	}
	enginetest.Run(t, opener(config, 0), enginetest.Options{OpenSmall: opener(config, 20)})
}

func TestCluster_AMemberLeavesAndReturnsAndNothingIsLost(t *testing.T) {
	m := startCluster(t, nil)
	for i, e := range m.engines {
		if st, err := e.lookUp(t.Context()); err != nil || st.config.Replicas != 3 || st.epoch != *m.engines[0].epoch.Load() {
			t.Fatalf("member %d has %+v, %v", i, st, err)
		}
	}
	readers := []*reader{startReader(t, m.engines[0]), startReader(t, m.engines[1])}
	appendSome := func(from, to int) {
		t.Helper()
		for n := from; n < to; n++ {
			eventually(t, "an append", func() bool {
				_, err := m.engines[n%2].Append(t.Context(), record(n), strconv.Itoa(n))
				if err != nil && !errors.Is(err, engine.ErrUnavailable) {
					t.Fatalf("Append: %v", err)
				}
				return err == nil
			})
		}
	}
	appendSome(0, 20)
	wantStats := func(what string, want ServerStats) {
		t.Helper()
		eventually(t, what, func() bool {
			got, ok := m.engines[0].ServerStats()
			whole := got.LastSeq > 0 && got.Messages > 0 && got.Bytes > 0
			got.LastSeq, got.Messages, got.Bytes = 0, 0, 0
			return ok && whole && got == want
		})
	}
	wantStats("figures of three members", ServerStats{Routes: 2, MetaLeader: true, StreamLeader: true})
	mustClose(t, m.engines[2])
	wantStats("figures of two members", ServerStats{Routes: 1, MetaLeader: true, StreamLeader: true, StreamOffline: 1})
	appendSome(20, 40)
	var err error
	if m.engines[2], err = Open(t.Context(), m.configs[2], testLog()); err != nil {
		t.Fatal(err)
	}
	readers = append(readers, startReader(t, m.engines[2]))
	appendSome(40, 60)
	for i, e := range m.engines {
		eventually(t, "member "+strconv.Itoa(i)+" is current", e.Current)
	}
	for i, r := range readers {
		eventually(t, "all records", func() bool { return len(r.numbers()) >= 60 })
		for place, n := range r.numbers() {
			if n != uint64(place) {
				t.Fatalf("reader %d: record %d came in place %d", i, n, place)
			}
		}
	}
}

func TestConfig_RefusesWhatCannotWork(t *testing.T) {
	secret, peers := writeFile(t, "secret", "0123456789abcdef"), []string{"a:1", "b:1", "c:1"}
	member := Config{ServerName: "a", ClusterListen: "127.0.0.1:1", ClusterPeers: peers, ClusterSecretFile: secret, DataDir: t.TempDir()}
	change := func(f func(c *Config)) Config {
		cfg := member
		f(&cfg)
		return cfg
	}
	for name, cfg := range map[string]Config{
		"namespace":         {Namespace: "a.b"},
		"replicas":          {URLs: []string{"nats://x"}, Replicas: 2},
		"one server":        {Replicas: 3},
		"directory":         {URLs: []string{"nats://x"}, DataDir: "x"},
		"3 or 5":            change(func(c *Config) { c.ClusterPeers = peers[:2] }),
		"server name":       change(func(c *Config) { c.ServerName = "" }),
		"votes":             change(func(c *Config) { c.DataDir = "" }),
		"cluster secret":    change(func(c *Config) { c.ClusterSecretFile = "" }),
		"shorter":           change(func(c *Config) { c.ClusterSecretFile = writeFile(t, "short", "x") }),
		"needs TLS":         change(func(c *Config) { c.ClusterListen = "0.0.0.0:1" }),
		"client address":    {ClientListen: "nonsense", ClusterSecretFile: secret},
		"load certificate":  change(func(c *Config) { c.TLS = TLS{CAFile: secret, CertFile: secret, KeyFile: secret} }),
		"replicas of three": change(func(c *Config) { c.Replicas = 5 }),
	} {
		_, err := Open(t.Context(), cfg, testLog())
		want := strings.TrimSuffix(name, " of three")
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

func TestLease_ExpiresUnlessRenewed(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	cfg := Config{URLs: []string{s.ClientURL()}, leaseTTL: time.Second}
	a, b := mustOpen(t, cfg), mustOpen(t, cfg)
	since := time.Now().UTC().Truncate(time.Second)
	old := engine.Lease{Hub: "Hub b/1 *.>", Boot: "0", State: "serving", Since: since.Add(-time.Hour)}
	newer := engine.Lease{Hub: "Hub b/1 *.>", Boot: "1", State: "serving", Since: since, Users: 3}
	first := engine.Lease{Hub: "A", Boot: "0", State: "draining", Since: since, Head: 7}
	for _, l := range []engine.Lease{old, newer, first} {
		if err := a.Announce(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Leases(t.Context())
	if err != nil || !slices.Equal(got, []engine.Lease{first, newer}) {
		t.Errorf("Leases = %+v, %v", got, err)
	}
	if err := a.Withdraw(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lease to expire", func() bool {
		if err := a.Announce(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		got, err = b.Leases(t.Context())
		return err == nil && slices.Equal(got, []engine.Lease{first})
	})

	// The servers lose the store, and the next renewal makes it again.
	if err := a.js.DeleteKeyValue(t.Context(), a.names.leases); err != nil {
		t.Fatal(err)
	}
	if err := a.Announce(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Leases(t.Context()); err != nil || !slices.Equal(got, []engine.Lease{first}) {
		t.Errorf("Leases = %+v, %v", got, err)
	}
}
