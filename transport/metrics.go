package transport

import (
	"fmt"
	"sync"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
	"example.org/hub/auth"
)

// What a message was for, in metrics.
const (
	targetUser       = "user"
	targetConnection = "connection"
	targetTopic      = "topic"
	targetBroadcast  = "broadcast"
	targetSeveral    = "several"
	targetNone       = "none" // refused before that was known
)

var publishTargets = []string{targetUser, targetConnection, targetTopic, targetBroadcast, targetSeveral, targetNone}

// publishCodes are the answers to a message. Callers without the scope, and
// requests that are no HTTP, are counted elsewhere: they published nothing.
var publishCodes = []int{202, 400, 413, 415, 429, 500, 503}

// Why a stream was rejected, besides the reasons of refusals.
const (
	rejectedUnauthorised actors.Reason = "unauthorised"
	rejectedForbidden    actors.Reason = "forbidden"
	rejectedRequest      actors.Reason = "bad_request"
	rejectedSocket       actors.Reason = "socket"      // it could not be taken over
	rejectedUnavailable  actors.Reason = "unavailable" // the log, or the keys of tokens
	rejectedFault        actors.Reason = "internal"
)

var rejectReasons = []actors.Reason{
	actors.RefusedDraining, actors.RefusedUserLimit, actors.RefusedRevoked, actors.RefusedPatternLimit,
	RefusedConnectionLimit, RefusedAddressLimit, RefusedConnectRate, RefusedBehind,
	rejectedUnauthorised, rejectedForbidden, rejectedRequest, rejectedSocket, rejectedUnavailable, rejectedFault,
}

// limitScopes says which limit a refusal hit.
var limitScopes = map[actors.Reason]string{
	actors.RefusedUserLimit: "user",
	RefusedAddressLimit:     "address",
	RefusedConnectionLimit:  "instance",
	RefusedConnectRate:      "connect_rate",
}

// limitNames are all limits that count hits.
var limitNames = []string{"user", "address", "instance", "connect_rate", scopePublishRate, scopePublishBytes}

// deniedScope and deniedTopic count known callers who may not do what they ask.
const (
	deniedScope = "scope"
	deniedTopic = "topic"
)

// errorStatuses are the statuses of problems.
var errorStatuses = []int{400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 421, 429, 431, 500, 503}

// durationBuckets reach from a fast POST to the append timeout, in seconds.
var durationBuckets = []float64{
	.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5,
}

// exposeMetadata makes the library write TYPE lines. It is for the whole process.
var exposeMetadata = sync.OnceFunc(func() { metrics.ExposeMetadata(true) })

// serverMetrics are the counters of the HTTP side. Every combination of labels
// exists from the start, so that rates work from zero.
type serverMetrics struct {
	set           *metrics.Set
	publishes     map[string]map[int]*metrics.Counter // by target and status
	errors        map[int]*metrics.Counter            // by status
	rejects       map[actors.Reason]*metrics.Counter
	limitHits     map[string]*metrics.Counter // by limit
	authFailures  map[string]*metrics.Counter // by reason
	panics        *metrics.Counter
	acceptErrors  *metrics.Counter
	publishTotal  *metrics.PrometheusHistogram
	publishEngine *metrics.PrometheusHistogram
	publishAuth   *metrics.PrometheusHistogram
}

func newServerMetrics(set *metrics.Set) *serverMetrics {
	exposeMetadata()
	m := &serverMetrics{
		set:           set,
		publishes:     make(map[string]map[int]*metrics.Counter),
		errors:        counters(set, "hub_http_errors_total{code=\"%v\"}", errorStatuses),
		rejects:       counters(set, "hub_connect_rejected_total{reason=\"%v\"}", rejectReasons),
		limitHits:     counters(set, "hub_ratelimit_hits_total{scope=\"%v\"}", limitNames),
		authFailures:  counters(set, "hub_auth_failures_total{reason=\"%v\"}", append(auth.Reasons(), deniedScope, deniedTopic)),
		acceptErrors:  set.GetOrCreateCounter("hub_accept_errors_total"),
		panics:        set.GetOrCreateCounter("hub_http_panics_total"),
		publishTotal:  publishDuration(set, "total"),
		publishEngine: publishDuration(set, "engine"),
		publishAuth:   publishDuration(set, "auth"),
	}
	for _, target := range publishTargets {
		m.publishes[target] = counters(set, fmt.Sprintf("hub_publish_requests_total{target=%q,code=\"%%v\"}", target), publishCodes)
	}
	return m
}

func publishDuration(set *metrics.Set, stage string) *metrics.PrometheusHistogram {
	return set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf("hub_publish_duration_seconds{stage=%q}", stage), durationBuckets)
}

func counters[K comparable](set *metrics.Set, name string, values []K) map[K]*metrics.Counter {
	all := make(map[K]*metrics.Counter, len(values))
	for _, v := range values {
		all[v] = set.GetOrCreateCounter(fmt.Sprintf(name, v))
	}
	return all
}

func inc[K comparable](all map[K]*metrics.Counter, label K) {
	if c := all[label]; c != nil {
		c.Inc()
	}
}

// published counts a message and what came of it.
func (m *serverMetrics) published(target string, err error) {
	status := fasthttp.StatusAccepted
	if err != nil {
		p, _ := problemOf(err)
		status = p.status
	}
	inc(m.publishes[target], status)
}

// problem counts an answer that was an error.
func (m *serverMetrics) problem(p *problem) {
	inc(m.errors, p.status)
	m.denied(p)
}

// denied counts a caller who was not let in, if the problem is one of these.
func (m *serverMetrics) denied(p *problem) {
	if p.reason != "" {
		inc(m.authFailures, p.reason)
	}
}

// refusal counts a stream for which there was no room.
func (m *serverMetrics) refusal(reason actors.Reason) {
	inc(m.rejects, reason)
	if scope, ok := limitScopes[reason]; ok {
		inc(m.limitHits, scope)
	}
}

// rejected counts a stream whose request got an error.
func (m *serverMetrics) rejected(err error) {
	reason := rejectedFault
	switch p, _ := problemOf(err); p.status {
	case fasthttp.StatusUnauthorized:
		reason = rejectedUnauthorised
	case fasthttp.StatusForbidden:
		reason = rejectedForbidden
	case fasthttp.StatusBadRequest:
		reason = rejectedRequest
	case fasthttp.StatusServiceUnavailable:
		reason = rejectedUnavailable
	}
	inc(m.rejects, reason)
}

// writeMetrics serves GET /metrics in the Prometheus text format.
func (s *Server) writeMetrics(c *call) error {
	c.rc.SetContentType("text/plain; version=0.0.4; charset=utf-8")
	c.rc.Response.Header.Set(fasthttp.HeaderCacheControl, noStore)
	w := c.rc.Response.BodyWriter()
	s.metrics.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
	return nil
}

// registerGauges adds what is read when it is asked for.
func (s *Server) registerGauges() {
	m := s.metrics
	m.set.GetOrCreateGauge("hub_drain_state", func() float64 { return drainValues[s.drainState()] })
	m.set.GetOrCreateGauge("process_max_fds", maxFiles)
	m.set.GetOrCreateGauge("hub_dashboards", func() float64 { return float64(s.dashboards.Load()) })
	m.set.GetOrCreateGauge(`hub_http_connections{listener="public"}`, func() float64 {
		return float64(s.publicHTTP.GetOpenConnectionsCount())
	})
	m.set.GetOrCreateGauge(`hub_http_connections{listener="internal"}`, func() float64 {
		return float64(s.internalHTTP.GetOpenConnectionsCount())
	})
	m.set.GetOrCreateGauge("hub_streams", func() float64 { return float64(s.streams.stats().Open) })
	m.set.GetOrCreateGauge("hub_streams_full", func() float64 { return float64(s.streams.stats().Waiting) })
}
