package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

// devTokenTTL is how long the tokens in the printed commands are good.
const devTokenTTL = 24 * time.Hour

// printCommands writes commands that work in another terminal as they stand.
func (d *devKeys) printCommands(w io.Writer, n *node) {
	public, internal := n.urls()
	key, err := readAPIKey(d.apiKeyFile, auth.ScopePublish)
	if err != nil {
		key = "$HUB_API_KEY"
	}
	curl := "curl -sSN"
	if n.cfg.TLSCert != "" {
		curl += " -k" // nobody has a certificate for this machine
	}
	stream := curl + fmt.Sprintf(` -H "Authorization: Bearer %s"`, d.token(n.cfg))
	insecure := ""
	if n.cfg.InternalTLSCert != "" {
		insecure = " -k"
	}
	call := fmt.Sprintf(`curl -sS%s -w '\n' -H "X-API-Key: %s"`, insecure, key)
	post := call + ` -H "Content-Type: application/json" ` + internal + "/api/messages"
	start := engine.Position{Epoch: n.events.Window().Epoch()}

	fmt.Fprintf(w, "A hub for development; its keys are in %s.\n", d.dir)
	show := func(what, command string) { fmt.Fprintf(w, "\n# %s\n%s\n", what, command) }
	show("Watch the dashboard: open this in a browser.", public+"/dashboard/#token="+d.token(n.cfg))
	show("Follow alice's stream, in a terminal of its own.",
		stream+" '"+public+"/api/sse?topics=news'")
	show("Send alice a notification.",
		post+` -d '{"to":"user/alice","event":"notification","data":{"title":"Your report is ready"}}'`)
	show("Broadcast to everyone.",
		post+` -d '{"to":"all","event":"systemUpdate","data":{"message":"Maintenance at noon"}}'`)
	show("Resume: everything for alice since this start. After a restart the same command begins with a gap.",
		stream+" -H 'Last-Event-ID: "+start.String()+"' '"+public+"/api/sse?topics=news'")
	show("Who is connected.", call+" "+internal+"/api/stats")
	show("The same every second.", stream+" "+public+"/api/dashboard/sse")
	if d.secretFile == "" {
		return
	}
	self := quote(executable())
	show("Another user, with this program.",
		self+" tail --user bob --topics news --jwt-secret-file "+quote(d.secretFile)+" --stream-url "+public)
	show("Send to a topic, with this program.",
		self+` send topic/news notification '{"title":"Hi"}' --api-key-file `+quote(d.apiKeyFile)+" --url "+internal)
}

// token mints what the commands stream with, or names a variable to fill in if
// the settings hold no secret to mint with.
func (d *devKeys) token(s *settings) string {
	if d.secretFile == "" {
		return "$TOKEN"
	}
	key, err := auth.LoadHMACKeyFile(d.secretFile)
	if err != nil {
		return "$TOKEN"
	}
	token, err := auth.Mint(key, auth.Claims{
		User: "alice", Scopes: []auth.Scope{auth.ScopeDashboard, auth.ScopePublish}, Topics: []string{"*"},
		TTL: devTokenTTL, Issuer: s.JWTIssuer, Audience: s.JWTAudience,
	})
	if err != nil {
		return "$TOKEN"
	}
	return token
}

// urls returns how this machine reaches the two listeners.
func (n *node) urls() (public, internal string) {
	scheme := "http://"
	if n.cfg.TLSCert != "" {
		scheme = "https://"
	}
	internal = "http://"
	if n.cfg.InternalTLSCert != "" {
		internal = "https://"
	}
	return scheme + reachable(n.public.Addr().String()), internal + reachable(n.internal.Addr().String())
}

// reachable turns the address of a listener on every interface into one to call.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func executable() string {
	if path, err := os.Executable(); err == nil {
		return path
	}
	return "hub"
}

// quote makes one word of s for a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("/._-", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
