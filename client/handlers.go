package client

import (
	"context"
	"encoding/json"
	"fmt"

	"example.org/hub/sse"
)

// Handlers are functions by the type of event that they take. The zero value has
// none. Add them with On, before Handle.
type Handlers struct {
	byType map[string]func(context.Context, *sse.Event) error
}

// On adds the handler of a type of event, in the place of the one before. Its
// data are decoded from JSON. The hub's own are handled alike: for instance
// sse.EventGap with an sse.Gap.
func On[T any](h *Handlers, event string, handle func(context.Context, T) error) {
	if h.byType == nil {
		h.byType = make(map[string]func(context.Context, *sse.Event) error)
	}
	h.byType[event] = func(ctx context.Context, ev *sse.Event) error {
		var data T
		if err := json.Unmarshal(ev.Data, &data); err != nil {
			return fmt.Errorf("client: decode %s: %w", event, err)
		}
		return handle(ctx, data)
	}
}

// Handle ranges over Events and calls the handler of each, in order, on this
// goroutine; events without one are passed over. It returns the first error of a
// handler, of decoding, or of Events; a later call resumes after that event. After
// Close it returns nil. Handlers get the context of Subscribe.
func (s *Stream) Handle(h *Handlers) error {
	for ev, err := range s.Events() {
		if err != nil {
			return err
		}
		if handle := h.byType[ev.Type()]; handle != nil {
			if err := handle(s.ctx, &ev); err != nil {
				return err
			}
		}
	}
	return nil
}
