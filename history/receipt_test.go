package history

import (
	"context"
	"errors"
	"sync"
	"testing"
)

func TestReceipt_SumsItsParts(t *testing.T) {
	r := NewReceipt()
	r.Split()
	r.Split()
	r.Done(3, 1)
	r.Done(0, 0)
	select {
	case <-r.done:
		t.Fatal("done with a part open")
	default:
	}
	r.Done(4, 2)
	if c, u, err := r.Wait(t.Context()); c != 7 || u != 3 || err != nil {
		t.Errorf("Wait = %d, %d, %v, want 7 and 3", c, u, err)
	}
}

func TestReceipt_WaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, u, err := NewReceipt().Wait(ctx); c != 0 || u != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %d, %d, %v", c, u, err)
	}
}

func TestReceipt_NilCountsNothing(*testing.T) {
	var r *Receipt
	r.Split()
	r.Done(1, 1)
}

func TestReceipt_PartsMayFinishInAnyOrder(t *testing.T) {
	const parts = 100
	r := NewReceipt()
	var wg sync.WaitGroup
	for range parts {
		r.Split()
		wg.Go(func() { r.Done(2, 1) })
	}
	r.Done(0, 0)
	c, u, err := r.Wait(t.Context())
	wg.Wait()
	if c != 2*parts || u != parts || err != nil {
		t.Errorf("Wait = %d, %d, %v", c, u, err)
	}
}
