package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// TestEngineGate_HasHysteresis looks through a log whose engine goes and comes.
func TestEngineGate_HasHysteresis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := memory.New(memory.Config{})
		defer eng.Close()
		lost := &lossyEngine{Engine: eng}
		log, err := history.Open(t.Context(), lost, history.Config{}, 7, slog.New(slog.DiscardHandler), func([]*history.Entry) {})
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		gate := &engineGate{link: log}
		after := func(d time.Duration, want error) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if err := gate.check(t.Context()); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		const little = time.Millisecond
		after(0, nil) // it never was away
		lost.down = true
		after(0, nil)
		after(engineGrace, nil)
		after(little, errEngineDown)
		lost.down = false
		after(0, errEngineBack)
		after(engineSteady-little, errEngineBack)

		lost.down = true // away for a moment: all over again
		after(0, errEngineDown)
		lost.down = false
		after(0, errEngineBack)
		after(engineSteady-little, errEngineBack)
		after(little, nil)

		lost.down = true // a new absence has the whole of its grace
		after(0, nil)
		after(engineGrace, nil)
		lost.down = false
		after(0, nil)
	})
}

// lossyEngine is an engine that says itself whether its server is there.
type lossyEngine struct {
	*memory.Engine
	down bool
}

func (e *lossyEngine) Up() bool { return !e.down }

func TestStartup_WaitsForTheMemberToBeCurrent(t *testing.T) {
	n := &node{engine: &behindEngine{}}
	if err := n.memberIsCurrent(t.Context()); !errors.Is(err, errBehind) {
		t.Errorf("got %v", err)
	}
	n.engine = &behindEngine{current: true}
	if err := n.memberIsCurrent(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	n.engine = memory.New(memory.Config{}) // it is no member of anything
	defer n.engine.Close()
	if err := n.memberIsCurrent(context.Background()); err != nil {
		t.Errorf("got %v", err)
	}
}

// behindEngine is a member that may lag behind.
type behindEngine struct {
	*memory.Engine
	current bool
}

func (e *behindEngine) Current() bool { return e.current }
