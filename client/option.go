package client

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Option changes what Subscribe or NewPublisher makes. Those for one of them are
// refused by the other, with ErrConfig.
type Option func(*config) error

// WithHTTPClient sets the client that requests go through. A stream takes no
// notice of its Timeout, which would cut every stream. Without this option a
// Stream or Publisher has connections of its own.
func WithHTTPClient(c *http.Client) Option {
	return func(cfg *config) error {
		if c == nil {
			return fmt.Errorf("%w: WithHTTPClient(nil)", ErrConfig)
		}
		clone := *c
		cfg.http = &clone
		return nil
	}
}

// WithTokenSource authenticates requests by the bearer tokens of source.
func WithTokenSource(source TokenSource) Option {
	return func(cfg *config) error {
		cfg.tokens = source
		return nil
	}
}

// WithLogger logs connections, interruptions and retries. Nothing is logged
// without this option, and never an event, a token or a query string.
func WithLogger(log *slog.Logger) Option {
	return func(cfg *config) error {
		if log == nil {
			return fmt.Errorf("%w: WithLogger(nil)", ErrConfig)
		}
		cfg.log = log
		return nil
	}
}

// WithBackoff bounds the wait before a retry. It starts from lowest, or from
// what the stream's retry field asks for, doubles up to highest, and is then
// somewhere between half of that and all of it. Streams wait 1 s to 30 s if
// nothing is said, publishers 100 ms to 5 s.
func WithBackoff(lowest, highest time.Duration) Option {
	return func(cfg *config) error {
		if lowest <= 0 || highest < lowest {
			return fmt.Errorf("%w: WithBackoff(%v, %v)", ErrConfig, lowest, highest)
		}
		cfg.backoff.min, cfg.backoff.max = lowest, highest
		return nil
	}
}

// WithMaxRetries gives up after so many retries in a row. Streams never give up
// if nothing is said, publishers after 4. A negative n stands for no limit.
func WithMaxRetries(n int) Option {
	return func(cfg *config) error {
		cfg.maxRetries = n
		return nil
	}
}

// WithTimeout bounds one attempt: for a stream until the head of the response
// has come, 15 s if nothing is said, for a publisher the whole of it, 10 s.
func WithTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return fmt.Errorf("%w: WithTimeout(%v)", ErrConfig, d)
		}
		cfg.timeout = d
		return nil
	}
}

// WithTopics subscribes to topics.
func WithTopics(names ...string) Option {
	return listOption("WithTopics", names, func(cfg *config) *[]string { return &cfg.topics })
}

// WithEvents receives only events of these types. Those of the hub itself, such
// as gap, come all the same.
func WithEvents(names ...string) Option {
	return listOption("WithEvents", names, func(cfg *config) *[]string { return &cfg.events })
}

// WithLastEventID starts after an event that an earlier stream has seen.
func WithLastEventID(id string) Option {
	return only(subscriber, "WithLastEventID", func(cfg *config) error {
		if !validHeader(id) {
			return fmt.Errorf("%w: WithLastEventID: no header can carry the id", ErrConfig)
		}
		cfg.lastEventID = id
		return nil
	})
}

// WithIdleTimeout replaces a connection that was silent for so long; any byte
// counts. If nothing is said it is 45 s, or three times the heartbeat that the
// hub announces if that is more. 0 turns it off.
func WithIdleTimeout(d time.Duration) Option {
	return only(subscriber, "WithIdleTimeout", func(cfg *config) error {
		if d < 0 {
			return fmt.Errorf("%w: WithIdleTimeout(%v)", ErrConfig, d)
		}
		cfg.idle, cfg.idleFixed = d, true
		return nil
	})
}

// WithMaxEventSize bounds the bytes of one event, 16 MiB if nothing is said. A
// larger one interrupts the stream with sse.ErrTooLarge.
func WithMaxEventSize(n int) Option {
	return only(subscriber, "WithMaxEventSize", func(cfg *config) error {
		if n <= 0 {
			return fmt.Errorf("%w: WithMaxEventSize(%d)", ErrConfig, n)
		}
		cfg.maxEventSize = n
		return nil
	})
}

// OnState calls f at every change of the stream's state, from the goroutine
// that ranges over Events. It is how interruptions that the stream overcomes
// can be seen.
func OnState(f func(Status)) Option {
	return only(subscriber, "OnState", func(cfg *config) error {
		cfg.onState = f
		return nil
	})
}

// OnComment calls f with the text of every comment, from the goroutine that ranges
// over Events. The hub sends them only for Traceparent; what is in between may.
func OnComment(f func(text string)) Option {
	return only(subscriber, "OnComment", func(cfg *config) error {
		cfg.onComment = f
		return nil
	})
}

// WithAPIKey authenticates requests by the header X-API-Key.
func WithAPIKey(key string) Option {
	return only(publisher, "WithAPIKey", func(cfg *config) error {
		if key == "" || !validHeader(key) {
			return fmt.Errorf("%w: WithAPIKey: empty, or no header can carry the key", ErrConfig)
		}
		cfg.apiKey = key
		return nil
	})
}

// WithClusterReceipt makes results count the connections of all hubs, where
// they otherwise count those of the hub that answers. It costs a round trip
// between the hubs.
func WithClusterReceipt() Option {
	return only(publisher, "WithClusterReceipt", func(cfg *config) error {
		cfg.receipt = "cluster"
		return nil
	})
}

// only refuses an option where it would do nothing.
func only(caller, name string, set Option) Option {
	return func(cfg *config) error {
		if cfg.caller != caller {
			return fmt.Errorf("%w: %s is for %s, not for %s", ErrConfig, name, caller, cfg.caller)
		}
		return set(cfg)
	}
}

// listOption adds names to a list that travels joined by commas.
func listOption(name string, names []string, list func(*config) *[]string) Option {
	return only(subscriber, name, func(cfg *config) error {
		for _, n := range names {
			if n == "" || strings.Contains(n, ",") {
				return fmt.Errorf("%w: %s: a name is not empty and holds no comma", ErrConfig, name)
			}
		}
		*list(cfg) = append(slices.Clip(*list(cfg)), names...)
		return nil
	})
}
