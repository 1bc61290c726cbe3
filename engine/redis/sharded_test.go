package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
)

// slots is how many parts a Redis Cluster divides its keys into.
const slots = 16384

// shardedServer is a Redis Cluster: masters that share the slots, and replicas of
// them in the same order.
type shardedServer struct {
	masters, replicas []*redisServer
}

// startSharded starts three masters, and a replica of each if asked.
func startSharded(t *testing.T, replicated bool) *shardedServer {
	t.Helper()
	s := new(shardedServer)
	silence := 15 * time.Second // a node that stands still for less is not taken for dead
	if replicated {
		silence = time.Second
	}
	for range 3 {
		s.masters = append(s.masters, startNode(t, silence))
		if replicated {
			s.replicas = append(s.replicas, startNode(t, silence))
		}
	}
	all := append(append([]*redisServer(nil), s.masters...), s.replicas...)
	first := dial(t, all[0])
	for _, node := range all[1:] {
		// Without its bus port a node is looked for at 10,000 above the other one.
		mustOK(t, first, fmt.Sprintf("CLUSTER MEET 127.0.0.1 %d %s", node.port, node.args[len(node.args)-1]))
	}
	for i, node := range s.masters {
		mustOK(t, dial(t, node), fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", slots*i/3, slots*(i+1)/3-1))
	}
	for i, node := range s.replicas {
		id := strings.Split(dial(t, s.masters[i])("CLUSTER MYID"), "\r\n")[1]
		eventually(t, "a replica to know its master", func() bool {
			return strings.HasPrefix(dial(t, node)("CLUSTER REPLICATE "+id), "+OK")
		})
	}
	for _, node := range all {
		eventually(t, "the nodes to agree", func() bool {
			info := dial(t, node)("CLUSTER INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(len(all)))
		})
	}
	return s
}

// startNode starts a node with a bus port of its own choice: the usual one, 10,000
// above the other, may lie where the kernel gives ports to clients. The others take
// it for dead after that much silence.
func startNode(t *testing.T, silence time.Duration) *redisServer {
	t.Helper()
	bus, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return startServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", strconv.FormatInt(silence.Milliseconds(), 10), "--cluster-port", strconv.Itoa(bus))
}

func mustOK(t *testing.T, call func(string) string, line string) {
	t.Helper()
	if got := call(line); !strings.HasPrefix(got, "+OK") {
		t.Fatalf("%s answered %q", line, got)
	}
}

func (s *shardedServer) open(t *testing.T, cfg Config) *Engine {
	t.Helper()
	cfg.URL = "redis://" + s.masters[0].address() + "," + s.masters[1].address()
	cfg.Namespace = rand.Text()
	e, err := Open(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Namespaces fall on nodes by chance, so that all nodes keep a log of the suite.
func TestEngine_ContractOnAClusterOfNodes(t *testing.T) {
	t.Parallel()
	s := startSharded(t, false)
	open := func(cfg Config) func(t *testing.T) engine.Engine {
		return func(t *testing.T) engine.Engine {
			t.Helper()
			return s.open(t, cfg)
		}
	}
	enginetest.Run(t, open(Config{}), enginetest.Options{OpenSmall: open(Config{MaxRecords: 20})})
}

func TestEngine_GoesOnWhenAReplicaTakesOverItsSlots(t *testing.T) {
	t.Parallel()
	s := startSharded(t, true)
	e := s.open(t, Config{})
	f := follow(t, e)
	mustAppend(t, e, 1, "")
	f.awaitNumber(t, 1)
	owner := s.ownerOf(t, e.names.log)
	eventually(t, "the replica to have the record", func() bool {
		replica := dial(t, s.replicas[owner])
		mustOK(t, replica, "READONLY")
		return strings.HasPrefix(replica("XLEN "+e.names.log), ":1")
	})
	before := mustBounds(t, e)
	s.masters[owner].end()
	mustEventually(t, e, 2)
	f.awaitNumber(t, 2)
	if b := mustBounds(t, e); b.Epoch != before.Epoch || b.Head != 2 {
		t.Errorf("Bounds = %+v after %+v", b, before)
	}
	got, err := e.Append(context.Background(), numbered(2), "key 2")
	if err != nil || !got.Duplicate || got.Position.Seq != 2 {
		t.Errorf("the second append with the same key gave %+v, %v", got, err)
	}
}

// ownerOf returns which master has a key.
func (s *shardedServer) ownerOf(t *testing.T, key string) int {
	t.Helper()
	answer := strings.TrimPrefix(dial(t, s.masters[0])("CLUSTER KEYSLOT "+key), ":")
	slot, err := strconv.Atoi(strings.TrimSpace(answer))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.masters {
		if slot < slots*(i+1)/3 {
			return i
		}
	}
	t.Fatalf("slot %d", slot)
	return 0
}
