//go:build linux

package chaos

import (
	"fmt"
	"testing"
	"time"

	"example.org/hub/client"
)

// writers is how many post at a time; there are as many topics.
const writers = 6

// stage is a site with clients and writers.
type stage struct {
	*site

	audience *audience
	press    *press
}

// rate is how many messages all writers post a second, while hubs answer.
const rate = 60

// newStage connects n clients and lets the writers begin.
func newStage(t *testing.T, s *site, n int) *stage {
	t.Helper()
	st := &stage{site: s, press: newPress(t, s)}
	ws, everybody := make([]*writer, writers), make([]*source, writers)
	for i := range ws {
		everybody[i] = &source{name: fmt.Sprint("all/", i), to: client.All}
		topic := fmt.Sprint("t", i)
		ws[i] = &writer{press: st.press, all: everybody[i], topic: &source{name: "topic/" + topic, to: client.Topic(topic)}}
	}
	members, tokens, topics := make([]*subscriber, n), make([]string, n), make([]string, n)
	for i := range members {
		user, w := fmt.Sprint("u", i), ws[i%writers]
		own := &source{name: "user/" + user, to: client.User(user)}
		w.users = append(w.users, own)
		members[i] = &subscriber{sources: append([]*source{own, w.topic}, everybody...)}
		topics[i] = fmt.Sprint("t", i%writers)
		tokens[i] = s.token(user, topics[i])
	}
	st.t.Logf("%s: the clients connect", clock())
	st.audience = gather(t, s, members, tokens, topics)
	for _, w := range ws {
		st.press.wg.Go(func() { w.write(writers * time.Second / rate) })
	}
	return st
}

// finish stops the writers, waits until every client has come to the end of the
// log, and judges what they got.
func (st *stage) finish() verdict {
	st.t.Helper()
	st.t.Logf("%s: the writers stop", clock())
	st.press.halt()
	st.t.Logf("%s: the clients catch up", clock())
	for tries := 0; st.audience.waiting() > 0; time.Sleep(time.Second) {
		if tries++; tries > patience {
			st.t.Errorf("%d clients do not come to the end", st.audience.waiting())
			break
		}
		st.press.send(client.Message{To: []string{client.All}, Event: endName})
	}
	st.t.Logf("%s: the clients leave", clock())
	st.audience.leave()
	var sum verdict
	for i, m := range st.audience.members {
		v := judge(m.sources, m.got, m.gaps)
		sum.add(v)
		if m.failure != nil {
			st.t.Errorf("client %d: %v", i, m.failure)
		}
		for _, what := range m.odd {
			st.t.Errorf("client %d got %s", i, what)
		}
		if bad := v; bad.lost+bad.duplicates+bad.repeated+bad.disorder+bad.leaked > 0 {
			st.t.Errorf("client %d: %+v, missing %v, of which gaps %+v are to tell", i, v, missing(m.sources, m.got), m.gaps)
			st.t.Logf("client %d got %v, streams from %v", i, m.got, m.opened)
		}
		if len(m.gaps) > 0 {
			st.t.Logf("client %d: %d deliveries missing, gaps (from, to, reason) %v", i, v.excused, m.gaps)
		}
	}
	if sum.delivered == 0 {
		st.t.Error("nothing was delivered")
	}
	return sum
}

// clock returns the time as the log of a run has it.
func clock() string { return time.Now().Format("15:04:05.0") }

// reconnects counts streams after each client's first.
func (a *audience) reconnects() (n int) {
	for _, m := range a.members {
		n += max(0, len(m.opened)-1)
	}
	return n
}
