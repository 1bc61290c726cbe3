package transport

import (
	"context"
	"errors"
	"strings"
	"testing"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

// collectAnswers says how to get each answer that there is, by method, path and
// status.
func collectAnswers(t *testing.T) map[string]func() *response {
	t.Helper()
	h := newTestHub(t, func(o *options) { o.MaxData, o.MaxBody = 100, 2000 })
	full := newTestHub(t, func(o *options) { o.MaxConnections = 1 })
	full.open("/api/sse", full.bearer("alice"))
	rushed := newTestHub(t, func(o *options) { o.ConnectRate, o.ConnectBurst = 1e-9, 1 })
	rushed.open("/api/sse", rushed.bearer("alice"))
	hasty := newTestHub(t, func(o *options) { o.PublishRate, o.PublishBurst = 1e-9, 1 })
	hasty.ask("POST", "/api/messages", `{"to":"all","data":1}`, apiKeyHeader(adminKey), "Content-Type: application/json").want(t, 202, "")
	crowded := newTestHub(t, func(o *options) { o.MaxPerAddress = 1 })
	crowded.open("/api/sse", crowded.bearer("alice"))
	down := newTestHub(t, func(o *options) { o.Tickets = auth.NewTickets(1, 0) })
	down.engine.fail(engine.ErrUnavailable)
	stuck := newTestHub(t, func(o *options) { o.around = func(tree Hub) Hub { return stuckHub{tree, true} } })
	starting := newTestHub(t, func(o *options) {
		o.Startup = []Check{{"window", func(context.Context) error { return errors.New("not read yet") }}}
	})
	guarded := newTestHub(t)
	guarded.internalLoopback.Store(false)
	off := newTestHub(t, func(o *options) { o.Pprof = false })
	h.open("/api/sse?topics=news", h.bearer("alice"))

	key, ours := apiKeyHeader(adminKey), "X-SSE-Client: test"
	jsonType := "Content-Type: application/json"
	large, typed := strings.Repeat(" ", 3000), strings.Repeat(" ", maxPublicBody+1)
	all := make(map[string]func() *response)
	add := func(at string, ask func() *response) { all[at] = ask }

	for _, path := range []string{"/api/sse", "/api/dashboard/sse"} {
		user := h.bearer("alice", dashboardScope)
		add("GET "+path+" 200", func() *response { return h.visit("HEAD", path, user) })
		add("GET "+path+" 400", func() *response { return h.visit("GET", path+"?topics=*", user) })
		add("GET "+path+" 401", func() *response { return h.visit("GET", path) })
		add("GET "+path+" 403", func() *response { return h.visit("GET", path+"?topics=secret", user) })
		add("GET "+path+" 429", func() *response { return crowded.visit("GET", path, user, ours) })
		add("GET "+path+" 503", func() *response { return full.visit("GET", path, user, ours) })
	}
	ticket := "POST /api/sse/ticket "
	add(ticket+"200", func() *response { return h.visit("POST", "/api/sse/ticket", h.bearer("alice")) })
	add(ticket+"400", func() *response { return h.visit("POST", "/api/sse/ticket?token=x") })
	add(ticket+"401", func() *response { return h.visit("POST", "/api/sse/ticket") })
	add(ticket+"403", func() *response { return h.visit("POST", "/api/sse/ticket", "Origin: null") })
	add(ticket+"413", func() *response { return exchange(t, h.public, request("POST", "/api/sse/ticket", typed)) })
	add(ticket+"429", func() *response { return rushed.visit("POST", "/api/sse/ticket", rushed.bearer("alice")) })
	add(ticket+"503", func() *response { return down.visit("POST", "/api/sse/ticket", down.bearer("alice")) })

	form := "POST /api/dashboard/messages "
	typing := func(h *testHub, body string, headers ...string) func() *response {
		return func() *response { return h.typed(body, headers...) }
	}
	operator := h.bearer("alice", operatorScopes)
	add(form+"202", typing(h, `{"to":"all","data":1}`, operator, jsonType))
	add(form+"400", typing(h, `{}`, operator, jsonType))
	add(form+"401", typing(h, `{}`, jsonType))
	add(form+"403", typing(h, `{}`, h.bearer("alice", dashboardScope), jsonType))
	add(form+"413", typing(h, typed, operator, jsonType))
	add(form+"415", typing(h, `{}`, operator))
	add(form+"429", typing(rushed, `{}`, operator, jsonType))
	add(form+"503", typing(down, `{"to":"all","data":1}`, operator, jsonType))

	withMercure := func(configure func(*options)) *testHub {
		return newMercureHub(t, func(o *options) { o.MaxData, o.MercureAnonymous = 100, false }, configure)
	}
	updates := withMercure(func(*options) {})
	fullMercure := withMercure(func(o *options) { o.MaxConnections = 1 })
	fullMercure.follow("topic=a", mercureBearer(reader1))
	crowdedMercure := withMercure(func(o *options) { o.MaxPerAddress = 1 })
	crowdedMercure.follow("topic=a", mercureBearer(reader1))
	stream := "GET " + mercurePath + " "
	add(stream+"200", func() *response { return updates.visit("HEAD", mercurePath+"?topic=a") })
	add(stream+"400", func() *response { return updates.visit("GET", mercurePath, mercureBearer(reader1)) })
	add(stream+"401", func() *response { return updates.visit("GET", mercurePath+"?topic=a") })
	add(stream+"403", func() *response { return updates.visit("GET", mercurePath+"?topic=a", "Origin: null") })
	add(stream+"429", func() *response { return crowdedMercure.visit("GET", mercurePath+"?topic=a", ours) })
	add(stream+"503", func() *response { return fullMercure.visit("GET", mercurePath+"?topic=a", ours) })
	update := func(form string, headers ...string) func() *response {
		return func() *response { return updates.ask("POST", mercurePath, form, headers...) }
	}
	send := "POST " + mercurePath + " "
	add(send+"200", update("topic=a", mercureBearer(publisher), formEncoding))
	add(send+"400", update("data=a", mercureBearer(publisher), formEncoding))
	add(send+"401", update("topic=a", formEncoding))
	add(send+"403", update("topic=a", mercureBearer(reader1), formEncoding))
	add(send+"413", update("topic=a&data="+strings.Repeat("x", 101), mercureBearer(publisher), formEncoding))
	add(send+"415", update("topic=a", mercureBearer(publisher)))
	hastyMercure := withMercure(func(o *options) { o.PublishRate, o.PublishBurst = 1e-9, 1 })
	hastyMercure.update("topic=a")
	add(send+"429", func() *response {
		return hastyMercure.ask("POST", mercurePath, "topic=a", mercureBearer(publisher), formEncoding)
	})
	noLog := withMercure(func(*options) {})
	noLog.engine.fail(engine.ErrUnavailable)
	add(send+"503", func() *response {
		return noLog.ask("POST", mercurePath, "topic=a", mercureBearer(publisher), formEncoding)
	})

	messages := "POST /api/messages "
	post := func(h *testHub, body string, headers ...string) func() *response {
		return func() *response { return h.ask("POST", "/api/messages", body, headers...) }
	}
	add(messages+"202", post(h, `{"to":"all","data":1}`, key, jsonType, "Idempotency-Key: a"))
	add(messages+"400", post(h, `{}`, key, jsonType))
	add(messages+"401", post(h, `{}`, jsonType))
	add(messages+"403", post(h, `{}`, apiKeyHeader(presenceKey), jsonType))
	add(messages+"413", post(h, large, key, jsonType))
	add(messages+"415", post(h, `{}`, key))
	add(messages+"429", post(hasty, `{"to":"all","data":1}`, key, jsonType))
	add(messages+"503", post(down, `{"to":"all","data":1}`, key, jsonType))

	for _, r := range routes {
		if r.scope == "" || r.path == "/api/messages" {
			continue
		}
		target, at := strings.ReplaceAll(r.path, "{id}", "zoe"), r.method+" "+r.path+" "
		add(at+"401", func() *response { return h.ask(r.method, target, "") })
		add(at+"403", func() *response { return h.ask(r.method, target, "", apiKeyHeader(publishKey)) })
		if r.path == "/api/drain" || r.path == "/api/log-level" {
			continue
		}
		if r.scope == auth.ScopeAdmin {
			add(at+"202", func() *response { return h.ask(r.method, target, "", key) })
			add(at+"400", func() *response { return h.ask(r.method, target, "", key, "Idempotency-Key: a b") })
			add(at+"503", func() *response { return down.ask(r.method, target, "", key) })
		} else {
			add(at+"200", func() *response { return h.ask(r.method, target, "", key) })
		}
	}
	grantOf := "POST /api/users/{id}/ticket "
	add(grantOf+"400", func() *response { return h.ask("POST", "/api/users/zoe/ticket", "x", key) })
	add(grantOf+"413", func() *response { return h.ask("POST", "/api/users/zoe/ticket", large, key) })
	add(grantOf+"503", func() *response { return down.ask("POST", "/api/users/zoe/ticket", "", key) })
	add("GET /api/log-level 200", func() *response { return h.ask("GET", "/api/log-level", "", key) })
	add("PUT /api/log-level 200", func() *response { return h.ask("PUT", "/api/log-level?level=info", "", key) })
	add("PUT /api/log-level 400", func() *response { return h.ask("PUT", "/api/log-level?level=all", "", key) })
	drain := func(h *testHub, method string) func() *response {
		return func() *response { return h.ask(method, "/api/drain", "", key) }
	}
	add("GET /api/drain 200", drain(h, "GET"))
	add("POST /api/drain 202", drain(newTestHub(t), "POST"))
	add("POST /api/drain 413", func() *response { return h.ask("POST", "/api/drain", large, key) })
	add("DELETE /api/drain 200", drain(h, "DELETE"))
	stopping := newTestHub(t)
	stopping.drained.final.Store(true)
	add("DELETE /api/drain 409", drain(stopping, "DELETE"))

	add("POST /api/users/{id}/revoke 413", func() *response { return h.ask("POST", "/api/users/x/revoke", large, key) })
	add("GET /api/users 400", func() *response { return h.ask("GET", "/api/users?limit=0", "", key) })
	add("GET /api/users/{id} 400", func() *response { return h.ask("GET", "/api/users/%00", "", key) })
	add("GET /api/users 503", func() *response { return stuck.ask("GET", "/api/users", "", key) })
	add("GET /api/users/{id} 503", func() *response { return stuck.ask("GET", "/api/users/x", "", key) })

	add("GET /dashboard 308", func() *response { return h.visit("GET", "/dashboard") })
	add("GET /dashboard/ 200", func() *response { return h.visit("GET", "/dashboard/") })
	asset := "GET /dashboard/assets/{file} "
	add(asset+"200", func() *response { return h.visit("GET", "/dashboard/assets/"+assetName(t, ".js")) })
	add(asset+"400", func() *response { return h.visit("GET", "/dashboard/assets/%00") })
	add(asset+"404", func() *response { return h.visit("GET", "/dashboard/assets/none.js") })

	for _, path := range []string{"/livez", "/readyz", "/startupz", "/metrics", "/openapi.yaml"} {
		add("GET "+path+" 200", func() *response { return h.ask("GET", path+"?verbose=1", "") })
	}
	add("GET /livez 503", func() *response { return stuck.ask("GET", "/livez", "") })
	add("GET /startupz 503", func() *response { return starting.ask("GET", "/startupz?verbose=1", "") })
	add("GET /readyz 503", func() *response { return full.ask("GET", "/readyz?verbose=1", "") })
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/{profile}"} {
		target := strings.ReplaceAll(path, "{profile}", "heap")
		add("GET "+path+" 200", func() *response { return h.ask("GET", target, "") })
		add("GET "+path+" 401", func() *response { return guarded.ask("GET", target, "") })
		add("GET "+path+" 403", func() *response { return guarded.ask("GET", target, "", apiKeyHeader(publishKey)) })
		add("GET "+path+" 404", func() *response { return off.ask("GET", target, "") })
	}
	return all
}
