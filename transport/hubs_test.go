package transport

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"example.org/hub/actors"
	"example.org/hub/cluster"
	"example.org/hub/engine"
	"example.org/hub/history"
)

// otherHubs stands for the other hubs: it answers a question by its kind, and
// notes what was asked.
type otherHubs struct {
	answers map[cluster.Kind]string
	silent  []string
	change  func(q cluster.Question, asked int) string // of a receipt

	mu    sync.Mutex
	asked []cluster.Question
}

func (o *otherHubs) Gather(_ context.Context, q cluster.Question) ([]cluster.Reply, []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, q)
	text := o.answers[q.Kind]
	if o.change != nil && q.Kind == cluster.Receipt {
		text = o.change(q, len(o.asked))
	}
	return []cluster.Reply{{Lease: engine.Lease{Hub: "other"}, Body: json.RawMessage(text)}}, o.silent
}

// among makes a hub one of several.
func among(o *otherHubs) func(*options) {
	return func(opts *options) {
		opts.Cluster = o
		if log, ok := opts.Log.(*history.Log); ok {
			opts.Counts, opts.Past = log, log
		}
	}
}

func TestHubs_AnAnswerThatCannotBeReadIsSilence(t *testing.T) {
	h := newTestHub(t, among(&otherHubs{
		answers: map[cluster.Kind]string{cluster.Users: `{`, cluster.User: `7`, cluster.Stats: `[]`, cluster.Receipt: `[]`},
		silent:  []string{"gone"},
	}))
	key := apiKeyHeader(adminKey)
	for _, path := range []string{"/api/users", "/api/users/alice", "/api/stats"} {
		r := h.ask("GET", path, "", key)
		r.want(t, 200, "")
		var got coverage
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || !got.Partial || !slices.Equal(got.Silent, []string{"gone", "other"}) {
			t.Errorf("%s: %s, %v", path, r.body, err)
		}
	}
	r := h.ask("POST", "/api/messages?receipt=cluster", `{"to":"all","data":1}`, key, "Content-Type: application/json")
	var got coverage
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status() != 202 || !got.Partial || len(got.Silent) == 0 {
		t.Errorf("%d %s, %v", r.status(), r.body, err)
	}
}

func TestHubs_AReceiptIsAskedForUntilItIsKnown(t *testing.T) {
	o := &otherHubs{change: func(_ cluster.Question, asked int) string {
		if asked < 4 {
			return `[{"k":false}]`
		}
		return `[{"c":5,"u":4,"k":true}]`
	}}
	h := newTestHub(t, among(o))
	r := h.ask("POST", "/api/messages?receipt=cluster", `{"to":"all","data":1}`, apiKeyHeader(adminKey), "Content-Type: application/json")
	var got struct {
		Connections, Users int
		coverage
	}
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || got.Connections != 5 || got.Users != 4 || got.Partial {
		t.Errorf("%s, %v", r.body, err)
	}
	if len(o.asked) != 4 || len(o.asked[0].Nonces) != 1 || o.asked[0].Origin == 0 {
		t.Errorf("asked %+v", o.asked)
	}
}

func TestHubs_OnlyACallerWhoWantsAllHubsWaitsForThem(t *testing.T) {
	o := new(otherHubs)
	h := newTestHub(t, among(o))
	for _, query := range []string{"", "?receipt=hub"} {
		h.ask("POST", "/api/messages"+query, `{"to":"all","data":1}`, apiKeyHeader(adminKey), "Content-Type: application/json").want(t, 202, "")
	}
	if len(o.asked) != 0 {
		t.Errorf("asked %+v", o.asked)
	}
}

func TestServer_AnswersOtherHubs(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse", h.bearer("alice"))
	for _, tt := range []struct {
		q    cluster.Question
		read any
	}{
		{cluster.Question{Kind: cluster.Users, Limit: 1 << 30}, new([]actors.UserInfo)},
		{cluster.Question{Kind: cluster.Users, After: "zoe"}, new([]actors.UserInfo)},
		{cluster.Question{Kind: cluster.User, ID: "alice"}, new(actors.UserInfo)},
		{cluster.Question{Kind: cluster.Stats}, new(figures)},
		{cluster.Question{Kind: cluster.Receipt, Nonces: []uint64{1, 2}}, new([]count)},
	} {
		if err := json.Unmarshal(h.Answer(tt.q), tt.read); err != nil {
			t.Errorf("%+v: %v", tt.q, err)
		}
	}
	if got := h.Answer(cluster.Question{Kind: "of tomorrow"}); got != nil {
		t.Errorf("answered %s", got)
	}
}

func TestMergeUsers(t *testing.T) {
	user := func(id string, hubs ...string) actors.UserInfo {
		u := actors.UserInfo{ID: id}
		for _, hub := range hubs {
			u.Connections = append(u.Connections, actors.ConnectionInfo{Instance: hub})
		}
		return u
	}
	a := []actors.UserInfo{user("a", "1"), user("c", "1"), user("e", "1")}
	b := []actors.UserInfo{user("b", "2"), user("c", "2", "2"), user("d", "2")}
	merged := mergeUsers(a, b, 3)
	var ids []string
	for _, u := range merged {
		ids = append(ids, u.ID)
	}
	if !slices.Equal(ids, []string{"a", "b", "c"}) || len(merged[2].Connections) != 3 || len(a[1].Connections) != 1 {
		t.Errorf("merged %+v", merged)
	}
	if got := mergeUsers(nil, nil, 3); len(got) != 0 {
		t.Errorf("merged nothing to %+v", got)
	}
}
