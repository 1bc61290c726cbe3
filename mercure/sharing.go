package mercure

import (
	"runtime"
	"sync"
	"weak"
)

// shared has the selectors with templates that are in use: thousands of clients
// ask for the same few, and a compiled template takes kilobytes.
var shared = sharing{selectors: map[string]weak.Pointer[Selector]{}}

// sharing finds a selector by its text as long as somebody uses it.
type sharing struct {
	mu        sync.Mutex
	selectors map[string]weak.Pointer[Selector]
}

// get returns the selector of a text, which it makes if there is none.
func (s *sharing) get(text string, compile func() *Selector) *Selector {
	if found := s.find(text); found != nil {
		return found
	}
	fresh := compile() // without the lock: it takes tens of microseconds
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.selectors[text].Value(); found != nil {
		return found // somebody was faster
	}
	s.selectors[text] = weak.Make(fresh)
	runtime.AddCleanup(fresh, s.forget, text)
	return fresh
}

func (s *sharing) find(text string) *Selector {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.selectors[text].Value()
}

// forget drops a text whose selector is gone, unless there is a new one by now.
func (s *sharing) forget(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.selectors[text].Value() == nil {
		delete(s.selectors, text)
	}
}
