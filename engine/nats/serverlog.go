package nats

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// serverLog passes what an embedded server says on to slog. The server's notices
// are debug messages here: they are about its inner life.
type serverLog struct {
	log *slog.Logger

	mu  sync.Mutex
	why error // the last fatal message
}

var _ server.Logger = (*serverLog)(nil)

// Noticef logs at the level debug.
func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("nats server", "text", fmt.Sprintf(format, v...))
}

// Warnf logs a warning.
func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("nats server", "text", fmt.Sprintf(format, v...))
}

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("nats server", "text", fmt.Sprintf(format, v...))
}

// Fatalf keeps the message for the caller of Open. It ends nothing: the process
// is not the server's.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.why = fmt.Errorf(format, v...)
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// Debugf drops the message.
func (*serverLog) Debugf(string, ...any) {}

// Tracef drops the message.
func (*serverLog) Tracef(string, ...any) {}
