package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/actors"
)

// pipeStream is a portable stream over a pipe: it takes no byte that the client
// does not read, and its time is the bubble's.
func pipeStream(t *testing.T) (st *portableStream, o *owner, client net.Conn, ended chan time.Time) {
	t.Helper()
	set := &streams{cfg: defaultStreamConfig()}
	server, client := net.Pipe()
	ended = make(chan time.Time, 1)
	st = newPortableStream(set, server, func() { ended <- time.Now() }, nil)
	go func() {
		st.wait()
		_ = server.Close()
	}()
	o = newOwner()
	if err := st.Start(o); err != nil {
		t.Fatal(err)
	}
	return st, o, client, ended
}

func TestPortableStream_Stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, o, client, ended := pipeStream(t)
		begin := time.Now()
		if n, err := st.TryWrite([]byte("x")); n != 1 || err != nil {
			t.Fatalf("TryWrite: %d, %v", n, err)
		}
		if got := <-o.hangup; got != actors.ReasonSlow {
			t.Errorf("hangup: got %q", got)
		}
		if got := time.Since(begin); got != st.set.cfg.WriteTimeout {
			t.Errorf("hung up after %v", got)
		}
		if _, err := st.TryWrite([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("TryWrite: got %v", err)
		}
		st.Close()
		<-ended
		_ = client.Close()
	})
}

func TestPortableStream_CloseSendsWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, _, client, ended := pipeStream(t)
		for _, s := range []string{"first ", "second ", "third"} {
			if _, err := st.TryWrite([]byte(s)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the first one is being written, the others wait
		}
		st.Close()
		time.Sleep(st.set.cfg.Linger - 1) // still in time
		if b, err := io.ReadAll(client); string(b) != "first second third" {
			t.Errorf("got %q, %v", b, err)
		}
		<-ended
	})
}

func TestPortableStream_CloseLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, o, client, ended := pipeStream(t)
		_, _ = st.TryWrite([]byte("nobody reads this"))
		synctest.Wait()
		_, _ = st.TryWrite([]byte("nor this"))
		closed := time.Now()
		st.Close()
		if got := (<-ended).Sub(closed); got != st.set.cfg.Linger {
			t.Errorf("ended after %v", got)
		}
		if len(o.hangup) != 0 {
			t.Errorf("told after Close: %v", <-o.hangup)
		}
		_ = client.Close()
	})
}

func TestPortableStream_Bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, o, client, ended := pipeStream(t)
		limit := st.set.cfg.SendBuffer
		p := make([]byte, limit/4)
		taken := 0
		for range 8 {
			n, err := st.TryWrite(p)
			if err != nil {
				t.Fatal(err)
			}
			taken += n
			synctest.Wait() // what is being written counts too
		}
		if taken != limit || len(o.writable) != 0 {
			t.Errorf("took %d bytes of %d, writable %d", taken, limit, len(o.writable))
		}
		if _, err := io.ReadFull(client, p); err != nil { // a quarter: too little to tell
			t.Fatal(err)
		}
		synctest.Wait()
		if len(o.writable) != 0 {
			t.Error("told of a quarter of room")
		}
		if _, err := io.ReadFull(client, make([]byte, limit-len(p))); err != nil {
			t.Fatal(err)
		}
		<-o.writable
		_ = client.Close()
		if got := <-o.hangup; got != actors.ReasonClient {
			t.Errorf("hangup: got %q", got)
		}
		st.Close()
		<-ended
	})
}

func TestStreams_Config(t *testing.T) {
	cfg := defaultStreamConfig()
	cfg.MaxClientBytes = 0
	if _, err := newStreams(cfg); err == nil {
		t.Error("no error for a limit of zero")
	}
}
