package auth

import (
	"slices"
	"strings"
	"time"
)

// Scope is a permission that a token or an API key carries.
type Scope string

// The scopes. ScopeAdmin includes the others.
const (
	ScopeDashboard Scope = "dashboard" // GET /api/dashboard/sse
	ScopeTicket    Scope = "ticket"    // POST /api/users/{id}/ticket: to open streams as any user
	ScopePublish   Scope = "publish"   // POST /api/messages
	ScopePresence  Scope = "presence"  // GET /api/stats, /api/users
	ScopeAdmin     Scope = "admin"     // disconnect, revoke, operations
)

// Principal is an authenticated caller: a user with a token, or a service with
// an API key.
type Principal struct {
	User    string    // the token's sub; "" for an API key
	Service string    // the API key's name; "" for a token
	Scopes  []Scope   // what it may do
	Topics  []string  // topic names it may read; a trailing '*' stands for any rest
	Issued  time.Time // the token's iat, zero if it has none
	Expires time.Time // the token's exp, zero for an API key
}

// Has reports whether p carries the scope, or ScopeAdmin.
func (p *Principal) Has(s Scope) bool {
	return slices.Contains(p.Scopes, s) || slices.Contains(p.Scopes, ScopeAdmin)
}

// MayRead reports whether p may subscribe to the topic.
func (p *Principal) MayRead(topic string) bool {
	return slices.ContainsFunc(p.Topics, func(pattern string) bool {
		prefix, wild := strings.CutSuffix(pattern, "*")
		return pattern == topic || (wild && strings.HasPrefix(topic, prefix))
	})
}

// Name is who p is, for scoping and logs: the user or the service.
func (p *Principal) Name() string {
	if p.Service != "" {
		return "service/" + p.Service
	}
	return "user/" + p.User
}
