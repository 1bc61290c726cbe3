package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/valyala/fasthttp"
)

// plain is what one writes first with fasthttp: a stream writer and a channel
// for each connection, one map, no actors. It keeps no log, checks no token, and
// drops events for a reader whose channel is full.
type plain struct {
	mu      sync.Mutex
	seq     uint64
	streams map[*plainStream]struct{}
	topics  map[string]map[*plainStream]struct{}
	users   map[string]*plainStream // the last stream of a user is the one that gets its messages
}

type plainStream struct {
	user   string // its address
	topic  string // empty if it is in none
	frames chan []byte
}

// plainQueue is how many events may wait for one reader.
const plainQueue = 64

func newPlain() *plain {
	return &plain{streams: map[*plainStream]struct{}{}, users: map[string]*plainStream{}, topics: map[string]map[*plainStream]struct{}{}}
}

// servePlain serves on a listener until the process is killed.
func servePlain(ln *net.TCPListener) error {
	srv := &fasthttp.Server{Handler: newPlain().handle, NoDefaultServerHeader: true}
	if err := srv.Serve(ln); err != nil {
		return fmt.Errorf("plain: %w", err)
	}
	return nil
}

func (p *plain) handle(rc *fasthttp.RequestCtx) {
	switch string(rc.Path()) {
	case streamPath:
		p.subscribe(rc)
	case publishPath:
		p.publish(rc)
	case "/metrics":
		writeRuntimeMetrics(rc)
	case "/debug/pprof/heap":
		runtime.GC()
	default:
		rc.SetStatusCode(fasthttp.StatusNotFound)
	}
}

func (p *plain) subscribe(rc *fasthttp.RequestCtx) {
	token, ok := bytes.CutPrefix(rc.Request.Header.Peek("Authorization"), []byte("Bearer "))
	user, known := tokenUser(token)
	if !ok || !known {
		rc.SetStatusCode(fasthttp.StatusUnauthorized)
		return
	}
	rc.SetContentType("text/event-stream")
	rc.Response.Header.Set("Cache-Control", "no-store")
	rc.Response.ImmediateHeaderFlush = true
	s := &plainStream{user: "user/" + user, topic: topicOf(rc.RequestURI()), frames: make(chan []byte, plainQueue)}
	rc.SetBodyStreamWriter(func(w *bufio.Writer) {
		p.add(s)
		defer p.remove(s)
		s.write(w)
	})
}

// write sends frames until the client is gone. What is queued leaves in one flush.
func (s *plainStream) write(w *bufio.Writer) {
	if _, err := w.WriteString(streamHello); err != nil || w.Flush() != nil {
		return
	}
	for frame := range s.frames {
		if _, err := w.Write(frame); err != nil {
			return
		}
		for range len(s.frames) {
			if _, err := w.Write(<-s.frames); err != nil {
				return
			}
		}
		if w.Flush() != nil {
			return
		}
	}
}

func (p *plain) publish(rc *fasthttp.RequestCtx) {
	to, data, ok := parseMessage(rc.PostBody())
	if !ok {
		rc.SetStatusCode(fasthttp.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.seq++
	frame := appendFrame(make([]byte, 0, len(data)+64), p.seq, data)
	if to == nil {
		for s := range p.streams {
			s.offer(frame)
		}
	} else if s := p.users[string(to)]; s != nil {
		s.offer(frame)
	} else {
		for s := range p.topics[string(to)] {
			s.offer(frame)
		}
	}
	p.mu.Unlock()
	rc.SetStatusCode(fasthttp.StatusAccepted)
	rc.SetContentType("application/json")
	rc.SetBodyString("{}")
}

func (s *plainStream) offer(frame []byte) {
	select {
	case s.frames <- frame:
	default:
	}
}

func (p *plain) add(s *plainStream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams[s] = struct{}{}
	p.users[s.user] = s
	if s.topic != "" {
		if p.topics[s.topic] == nil {
			p.topics[s.topic] = map[*plainStream]struct{}{}
		}
		p.topics[s.topic][s] = struct{}{}
	}
}

func (p *plain) remove(s *plainStream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.streams, s)
	delete(p.topics[s.topic], s)
	if p.users[s.user] == s {
		delete(p.users, s.user)
	}
}

// writeRuntimeMetrics writes the few metrics that the suite reads, under the
// names that the hub has for them.
func writeRuntimeMetrics(rc *fasthttp.RequestCtx) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(rc, "%s %d\n%s %d\n%s %d\n%s %f\n", metricGoroutines, runtime.NumGoroutine(), metricHeap, m.HeapAlloc,
		metricGCCycles, m.NumGC, metricGCPauses, float64(m.PauseTotalNs)/1e9)
}
