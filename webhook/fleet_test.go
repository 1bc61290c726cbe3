package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/cluster"
	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

// debounce of the hubs of a fleet.
const debounce = 5 * time.Second

// fleet are hubs that share a log, and the service that they tell. It lives in a
// bubble of synctest: its time costs nothing, and its network is made of pipes.
type fleet struct {
	t      *testing.T
	engine *memory.Engine
	lines  chan net.Conn // to the service
	down   atomic.Bool   // the service refuses
	slow   atomic.Int64  // how long it takes, a time.Duration

	mu  sync.Mutex
	got []string // such as "a online:alice@c": who told, and what
}

// inFleet runs a test in a bubble.
func inFleet(t *testing.T, test func(*fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, engine: memory.New(memory.Config{}), lines: make(chan net.Conn)}
		service := &http.Server{Handler: http.HandlerFunc(f.serve), ErrorLog: log.New(io.Discard, "", 0)}
		ended := make(chan struct{})
		go func() {
			_ = service.Serve(f)
			close(ended)
		}()
		t.Cleanup(func() {
			_ = f.engine.Close()
			_ = service.Close()
			<-ended
		})
		test(f)
	})
}

// serve is the service. The path says who asks.
func (f *fleet) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || f.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var several struct{ Events []Event }
	var one Event
	if err := errors.Join(json.Unmarshal(body, &several), json.Unmarshal(body, &one)); err != nil {
		f.t.Errorf("got %s: %v", body, err)
	}
	if one.Type != Batch {
		several.Events = []Event{one}
	}
	time.Sleep(time.Duration(f.slow.Load()))
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range several.Events {
		f.got = append(f.got, r.URL.Path[1:]+" "+strings.TrimPrefix(e.Type, "user.")+":"+e.User+"@"+e.Instance)
	}
}

// Accept implements net.Listener.
func (f *fleet) Accept() (net.Conn, error) {
	c, ok := <-f.lines
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close implements net.Listener.
func (f *fleet) Close() error {
	close(f.lines)
	return nil
}

// Addr implements net.Listener.
func (f *fleet) Addr() net.Addr { return &net.UnixAddr{Name: "service"} }

// after lets time pass and compares what the service has got since the last call.
func (f *fleet) after(d time.Duration, want ...string) {
	f.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.got, want) {
		f.t.Errorf("after %s: got %q, want %q", d, f.got, want)
	}
	f.got = nil
}

// events are what the service has got since the last call, whoever told.
func (f *fleet) events() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, text := range f.got {
		_, event, _ := strings.Cut(text, " ")
		all = append(all, event)
	}
	f.got = nil
	return all
}

// arrive waits until the service has got something.
func (f *fleet) arrive() {
	for f.count() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
}

// count is how much the service has got since the last call of after.
func (f *fleet) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.got)
}

// instance is one hub of a fleet, as far as webhooks are concerned.
type instance struct {
	engine.Cluster // of the fleet, less what is cut

	f       *fleet
	name    string
	journal *Journal
	member  *cluster.Member
	watcher *Watcher
	cut     atomic.Bool // from the log and the service
	mute    atomic.Bool // does not answer others
}

var errCut = errors.New("cut off")

// start adds a hub.
func (f *fleet) start(name string) *instance {
	f.t.Helper()
	i := &instance{Cluster: f.engine, f: f, name: name, journal: NewJournal()}
	i.member = cluster.New(cluster.Config{
		Cluster: i, Hub: name, Boot: name + time.Now().String(), Figures: func() (int64, int64, uint64) { return 0, 0, 0 },
	})
	err := i.member.Join(f.t.Context(), func(q cluster.Question) []byte {
		body, err := json.Marshal(i.journal.Since(q.Cursors[name]))
		if err != nil {
			f.t.Error(err)
		}
		return body
	})
	if err != nil {
		f.t.Fatal(err)
	}
	i.watcher = Watch(Config{
		URL: "http://service/" + name, Secret: testSecret, Debounce: debounce, Instance: name, Cluster: i.member, Journal: i.journal, dial: i.dial,
	})
	f.t.Cleanup(i.stop)
	return i
}

// stop ends a hub in order; it may be called again.
func (i *instance) stop() {
	if i.watcher == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	i.watcher.Close(ctx)
	i.watcher = nil
	_ = i.member.Leave(ctx)
}

// die ends a hub at once. Its lease stays until it runs out.
func (i *instance) die() {
	i.cut.Store(true)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	i.watcher.Close(now)
	i.watcher = nil
	_ = i.member.Leave(now)
}

func (i *instance) dial(context.Context, string, string) (net.Conn, error) {
	if i.cut.Load() {
		return nil, errCut
	}
	near, far := net.Pipe()
	i.f.lines <- far
	return near, nil
}

func (i *instance) Announce(ctx context.Context, l engine.Lease) error {
	if i.cut.Load() {
		return errCut
	}
	return i.Cluster.Announce(ctx, l)
}

func (i *instance) Withdraw(ctx context.Context, l engine.Lease) error {
	if i.cut.Load() {
		return errCut
	}
	return i.Cluster.Withdraw(ctx, l)
}

func (i *instance) Leases(ctx context.Context) ([]engine.Lease, error) {
	if i.cut.Load() {
		return nil, errCut
	}
	return i.Cluster.Leases(ctx)
}

func (i *instance) Ask(ctx context.Context, question []byte, answer func(string, []byte) bool) error {
	if i.cut.Load() {
		return errCut
	}
	return i.Cluster.Ask(ctx, question, answer)
}

func (i *instance) Answer(ctx context.Context, hub string, handle func([]byte) []byte) (stop func(), err error) {
	return i.Cluster.Answer(ctx, hub, func(question []byte) []byte {
		if i.cut.Load() || i.mute.Load() {
			return nil
		}
		return handle(question)
	})
}
