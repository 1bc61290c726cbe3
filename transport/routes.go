package transport

import (
	"bytes"
	"slices"
	"strings"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

// side says on which listener a route is.
type side uint8

const (
	public side = 1 << iota
	internal
	health // of the probes alone
)

// route is one line of the table. Its path may hold one parameter in braces,
// which stands for exactly one segment.
type route struct {
	method string
	path   string
	on     side
	scope  auth.Scope // which the caller needs, "" if the handler decides or it is open
	handle func(*Server, *call) error
}

// routes is the whole HTTP surface but for mercureRoutes. openapi.yaml describes it line by line, and
// a test holds the two against each other.
var routes = []route{
	{"GET", "/api/sse", public, "", (*Server).subscribe},
	{"GET", "/api/dashboard/sse", public, "", (*Server).subscribeDashboard},
	{"POST", "/api/sse/ticket", public, "", (*Server).issueTicket},
	{"POST", "/api/dashboard/messages", public, "", (*Server).publishFromDashboard},

	{"GET", "/dashboard", public, "", (*Server).dashboardSlash},
	{"GET", "/dashboard/", public, "", (*Server).dashboardPage},
	{"GET", "/dashboard/assets/{file}", public, "", (*Server).dashboardAsset},

	{"POST", "/api/messages", internal, auth.ScopePublish, (*Server).publish},
	{"GET", "/api/stats", internal, auth.ScopePresence, (*Server).showStats},
	{"GET", "/api/users", internal, auth.ScopePresence, (*Server).listUsers},
	{"GET", "/api/users/{id}", internal, auth.ScopePresence, (*Server).showUser},
	{"DELETE", "/api/users/{id}/connections", internal, auth.ScopeAdmin, (*Server).disconnectUser},
	{"DELETE", "/api/connections/{id}", internal, auth.ScopeAdmin, (*Server).disconnectOne},
	{"POST", "/api/users/{id}/ticket", internal, auth.ScopeTicket, (*Server).issueTicketFor},
	{"POST", "/api/users/{id}/revoke", internal, auth.ScopeAdmin, (*Server).revoke},

	{"GET", "/api/drain", internal, auth.ScopeAdmin, (*Server).showDrain},
	{"POST", "/api/drain", internal, auth.ScopeAdmin, (*Server).beginDrain},
	{"DELETE", "/api/drain", internal, auth.ScopeAdmin, (*Server).cancelDrain},
	{"GET", "/api/log-level", internal, auth.ScopeAdmin, (*Server).showLogLevel},
	{"PUT", "/api/log-level", internal, auth.ScopeAdmin, (*Server).setLogLevel},

	{"GET", "/livez", public | internal | health, "", (*Server).livez},
	{"GET", "/readyz", public | internal | health, "", (*Server).readyz},
	{"GET", "/startupz", public | internal | health, "", (*Server).startupz},
	{"GET", "/metrics", internal, "", (*Server).writeMetrics},
	{"GET", "/openapi.yaml", internal, "", (*Server).openapi},
	{"GET", "/debug/pprof/", internal, "", (*Server).pprof},
	{"GET", "/debug/pprof/{profile}", internal, "", (*Server).pprof},
}

// router finds the route of a request. It compares raw paths: what is encoded
// in another way, or has empty or dot segments, is another path.
type router struct {
	fixed    map[string][]*route
	patterns []pattern
}

// pattern is a path with a parameter between two fixed parts.
type pattern struct {
	prefix, suffix string
	routes         []*route
}

// newRouter returns the router of a listener for the routes of some tables.
func newRouter(on side, tables ...[]route) *router {
	rt := &router{fixed: make(map[string][]*route)}
	for _, table := range tables {
		for i := range table {
			if r := &table[i]; r.on&on != 0 {
				rt.add(r)
			}
		}
	}
	return rt
}

func (rt *router) add(r *route) {
	prefix, rest, ok := strings.Cut(r.path, "{")
	if !ok {
		rt.fixed[r.path] = append(rt.fixed[r.path], r)
		return
	}
	_, suffix, _ := strings.Cut(rest, "}")
	i := slices.IndexFunc(rt.patterns, func(p pattern) bool { return p.prefix == prefix && p.suffix == suffix })
	if i < 0 {
		i = len(rt.patterns)
		rt.patterns = append(rt.patterns, pattern{prefix: prefix, suffix: suffix})
	}
	rt.patterns[i].routes = append(rt.patterns[i].routes, r)
}

// find returns the routes of a raw path, one for each method it has, and the
// undecoded parameter.
func (rt *router) find(path []byte) (found []*route, param []byte) {
	if found = rt.fixed[string(path)]; found != nil {
		return found, nil
	}
	for i := range rt.patterns {
		p := &rt.patterns[i]
		if len(path) <= len(p.prefix)+len(p.suffix) || string(path[:len(p.prefix)]) != p.prefix {
			continue
		}
		param, ok := bytes.CutSuffix(path[len(p.prefix):], []byte(p.suffix))
		if ok && bytes.IndexByte(param, '/') < 0 {
			return p.routes, param
		}
	}
	return nil, nil
}

// choose picks the route of a method. HEAD is served where GET is.
func choose(found []*route, method []byte) *route {
	if string(method) == "HEAD" {
		method = []byte("GET")
	}
	for _, r := range found {
		if r.method == string(method) {
			return r
		}
	}
	return nil
}

// allow lists the methods of a path for the Allow header.
func allow(found []*route) string {
	methods := make([]string, 0, 4)
	for _, r := range found {
		methods = append(methods, r.method)
		if r.method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	return strings.Join(append(methods, "OPTIONS"), ", ")
}

// parameter decodes one path segment. The check is on the decoded name, so that
// an encoded slash is part of a name and never a path.
func parameter(raw []byte) (string, error) {
	name := raw
	if bytes.IndexByte(raw, '%') >= 0 {
		name = make([]byte, 0, len(raw))
		for i := 0; i < len(raw); i++ {
			c := raw[i]
			if c == '%' {
				var ok bool
				if c, ok = hex2(raw[i+1:]); !ok {
					return "", invalid("invalid_path", "path", "a percent sign in the path is not followed by two hex digits")
				}
				i += 2
			}
			name = append(name, c)
		}
	}
	if err := engine.ValidName(string(name)); err != nil {
		return "", invalid("invalid_path", "path", err.Error())
	}
	return string(name), nil
}

func hex2(b []byte) (byte, bool) {
	if len(b) < 2 {
		return 0, false
	}
	r, ok := hex4([]byte{'0', '0', b[0], b[1]})
	return byte(r), ok
}
