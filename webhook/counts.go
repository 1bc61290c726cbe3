package webhook

import "github.com/VictoriaMetrics/metrics"

// Why events are dropped.
const (
	dropQueue   = "queue"
	dropRetries = "retries"
)

// counts are the metrics hub_webhook_*.
type counts struct {
	sent               *metrics.Counter // events
	ok, failed         *metrics.Counter // requests
	byQueue, byRetries *metrics.Counter // events that were not sent
}

func newCounts(set *metrics.Set) *counts {
	return &counts{
		sent:      set.NewCounter("hub_webhook_events_total"),
		ok:        set.NewCounter(`hub_webhook_requests_total{result="ok"}`),
		failed:    set.NewCounter(`hub_webhook_requests_total{result="error"}`),
		byQueue:   set.NewCounter(`hub_webhook_dropped_total{reason="queue"}`),
		byRetries: set.NewCounter(`hub_webhook_dropped_total{reason="retries"}`),
	}
}

func (c *counts) requested(err error) {
	if err == nil {
		c.ok.Inc()
	} else {
		c.failed.Inc()
	}
}

func (c *counts) dropped(reason string, n int) {
	if reason == dropQueue {
		c.byQueue.Add(n)
	} else {
		c.byRetries.Add(n)
	}
}
