package transport

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
	"time"
	"unique"

	"example.org/hub/actors"
	"example.org/hub/auth"
)

// maxUserAgent is how much of a User-Agent presence shows, in bytes.
const maxUserAgent = 200

// subscribe serves GET /api/sse: the stream of a user.
func (s *Server) subscribe(c *call) error { return s.stream(c, nil) }

// stream checks a request for a stream from cheap to dear, takes the connection
// away from fasthttp and hands it to the tree. permit says what the kind of
// stream asks besides a user, and adds to what it gets.
func (s *Server) stream(c *call, permit func(*auth.Principal, *actors.Attach) error) error {
	return s.streamBy(c, func() (*actors.Attach, error) { return s.admitted(c, permit) })
}

// streamBy is stream for a kind with its own way to make an Attach.
func (s *Server) streamBy(c *call, admit func() (*actors.Attach, error)) error {
	if c.rc.IsHead() {
		c.rc.SetContentType(contentStream)
		setStreamHeaders(&c.rc.Response.Header)
		s.setCoding(c.rc)
		return nil
	}
	if s.hub.Draining() {
		return s.refuse(c, actors.RefusedDraining)
	}
	remote := s.remotes.Load().address(c.rc)
	if reason, ok := s.limits.admit(remote); !ok {
		return s.refuse(c, reason)
	}
	taken := false
	defer func() { // also after a panic
		if !taken {
			s.limits.release(remote)
		}
	}()
	attach, err := admit()
	if err != nil {
		s.metrics.rejected(err)
		return s.orAskBack(c, err)
	}
	attach.Remote, attach.RequestID = remote, c.sentID()
	s.activity.connected(attach.User, attach.UserAgent, attach.Dashboard)
	taken = true
	s.hijack(c, attach)
	return nil
}

// admitted makes the Attach of a request for which there is room.
func (s *Server) admitted(c *call, permit func(*auth.Principal, *actors.Attach) error) (*actors.Attach, error) {
	sub, err := readSubscription(c.rc)
	if err != nil {
		return nil, err
	}
	user, err := s.identify(c, true)
	if err != nil {
		return nil, err
	}
	for _, topic := range sub.topics {
		if !user.MayRead(topic) {
			return nil, forbidden("topic_not_allowed", "topics", deniedTopic, "the token does not allow the topic "+clip(topic))
		}
	}
	attach := &actors.Attach{
		User:        user.User,
		Topics:      sub.topics,
		Events:      sub.events,
		LastEventID: sub.lastEventID,
		Expires:     user.Expires,
		UserAgent:   userAgent(c.rc.UserAgent()),
		Allowed:     func() bool { return s.revocations.Check(&user) == nil },
	}
	if permit != nil {
		if err := permit(&user, attach); err != nil {
			return nil, err
		}
	}
	coding := s.coding(c.rc)
	attach.Gzip = coding == codingGzip
	attach.Head = appendStreamHead(make([]byte, 0, 448), c.origin, coding, time.Now())
	return attach, nil
}

// hijack takes the connection over. From here on the stream gives the place
// back when it ends.
func (s *Server) hijack(c *call, attach *actors.Attach) {
	refuse, ended, raw := s.refuser(c), s.onStreamEnd(attach), c.rc.Conn()
	s.handovers.begin(raw, ended)
	c.rc.HijackSetNoResponse(true)
	c.rc.Hijack(func(conn net.Conn) {
		defer s.containHijack(attach, ended)
		s.handovers.finish(raw)
		behind := s.catchUp(attach)
		st, wait, err := s.streams.take(conn, ended, refuse)
		if err != nil { // the socket is beyond use, or there are no descriptors left
			ended()
			s.metrics.refusal(rejectedSocket)
			s.log.Warn("stream not taken over", "remote_ip", attach.Remote.String(), "request_id", attach.RequestID, "err", err)
			return
		}
		attach.Stream = st
		if behind != nil {
			st.Refuse(RefusedBehind)
		} else {
			s.hub.Attach(attach)
		}
		if wait != nil {
			wait()
		}
	})
}

// catchUpTimeout is how long a stream waits for what the window does not have: this
// hub may lag behind the one that the client comes from, or the client may have
// been away for so long that the log must be read.
const catchUpTimeout = 10 * time.Second

// catchUp gets ready what a returning client missed. Nearly always there is
// nothing to wait for. With an error the stream is to be refused.
func (s *Server) catchUp(attach *actors.Attach) (err error) {
	if s.past == nil || (attach.LastEventID == "" && attach.Mercure == nil) {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.life, catchUpTimeout)
	defer cancel()
	attach.Recalled, err = s.past.Prepare(ctx, attach.Query())
	return err
}

// onStreamEnd returns what a stream calls when it is over. Without a limit per
// address that is the same function for all of them, and costs no memory.
func (s *Server) onStreamEnd(attach *actors.Attach) func() {
	remote := attach.Remote
	switch {
	case attach.Dashboard:
		return func() {
			s.dashboards.Add(-1)
			s.limits.release(remote)
		}
	case s.limits.addrs != nil:
		return func() { s.limits.release(remote) }
	}
	return s.release
}

// containHijack keeps a panic to the connection that caused it, and gives its place
// back if there is no stream yet that does. It runs on a goroutine of its own, above
// which nobody recovers.
func (s *Server) containHijack(attach *actors.Attach, ended func()) {
	v := recover()
	if v == nil {
		return
	}
	s.metrics.panics.Inc()
	s.log.Error("panic while taking over a stream", "request_id", attach.RequestID, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	if attach.Stream == nil {
		ended()
	}
}

// userAgent returns what presence keeps of a User-Agent. Many clients share
// one, so equal ones share memory.
func userAgent(b []byte) string {
	if len(b) > maxUserAgent {
		b = b[:maxUserAgent]
	}
	return unique.Make(strings.ToValidUTF8(string(b), "")).Value()
}
