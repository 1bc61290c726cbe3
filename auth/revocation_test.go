package auth

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func checkRevoked(t *testing.T, r *Revocations, p Principal, want error) {
	t.Helper()
	if err := r.Check(&p); !errors.Is(err, want) {
		t.Errorf("%s issued %v: got %v, want %v", p.Name(), p.Issued, err, want)
	}
}

func TestRevocations_Check(t *testing.T) {
	r := NewRevocations(0)
	now := time.Now()
	checkRevoked(t, r, Principal{User: "alice"}, nil)
	r.Revoke("alice", now)
	checkRevoked(t, r, Principal{User: "alice", Issued: now.Add(-time.Second)}, ErrRevoked)
	checkRevoked(t, r, Principal{User: "alice", Issued: now}, nil)
	checkRevoked(t, r, Principal{User: "alice", Issued: now.Add(time.Second)}, nil)
	checkRevoked(t, r, Principal{User: "alice"}, ErrRevoked) // no iat
	checkRevoked(t, r, Principal{User: "Alice", Issued: now.Add(-time.Hour)}, nil)
	checkRevoked(t, r, Principal{User: "bob"}, nil)
	checkRevoked(t, r, Principal{Service: "alice"}, nil)

	r.Revoke("alice", now.Add(-time.Hour)) // earlier: changes nothing
	checkRevoked(t, r, Principal{User: "alice", Issued: now.Add(-time.Second)}, ErrRevoked)
	r.Revoke("alice", now.Add(time.Hour))
	checkRevoked(t, r, Principal{User: "alice", Issued: now.Add(time.Minute)}, ErrRevoked)
}

func TestRevocations_RefuseATokenOfTheVerifier(t *testing.T) {
	v, r := newVerifier(t, everyKey()), NewRevocations(0)
	p, err := v.Verify(t.Context(), forge(headerHS256, claimsWith(`"iat":NOW-5`), byHMAC))
	if err != nil {
		t.Fatal(err)
	}
	checkRevoked(t, r, p, nil)
	r.Revoke("alice", time.Now())
	checkRevoked(t, r, p, ErrRevoked)
}

func TestRevocations_ForgetOnlyWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRevocations(time.Hour)
		start := time.Now()
		r.Revoke("alice", start)
		time.Sleep(59 * time.Minute)
		r.Revoke("bob", time.Now())
		checkRevoked(t, r, Principal{User: "alice", Issued: start.Add(-1)}, ErrRevoked)
		time.Sleep(2 * time.Minute) // the last token from before start has expired
		r.Revoke("carol", time.Now())
		if n := r.Len(); n != 2 {
			t.Errorf("%d entries, want those of bob and carol", n)
		}
		checkRevoked(t, r, Principal{User: "bob"}, ErrRevoked)
	})
}

func TestRevocations_WithoutALifetimeNothingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRevocations(0)
		start := time.Now()
		r.Revoke("alice", start)
		time.Sleep(365 * 24 * time.Hour)
		r.Revoke("bob", time.Now())
		checkRevoked(t, r, Principal{User: "alice", Issued: start.Add(-1)}, ErrRevoked)
	})
}

// What must go for room is not accepted again.
func TestRevocations_AreBoundedAndStayRevoked(t *testing.T) {
	r := NewRevocations(0)
	r.max = 100
	start := time.Now()
	at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
	for i := range 1000 {
		r.Revoke(fmt.Sprint("user", i), at(i))
		if r.Len() > r.max {
			t.Fatalf("%d entries", r.Len())
		}
	}
	for i := range 1000 {
		checkRevoked(t, r, Principal{User: fmt.Sprint("user", i), Issued: at(i).Add(-1)}, ErrRevoked)
	}
	checkRevoked(t, r, Principal{User: "new", Issued: at(1000)}, nil)
	checkRevoked(t, r, Principal{User: "user999", Issued: at(1000)}, nil)
	checkRevoked(t, r, Principal{Service: "s"}, nil)
}

func TestRevocations_FromManyGoroutines(t *testing.T) {
	r := NewRevocations(0)
	r.max = 50
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				user := fmt.Sprint(i, "-", j)
				r.Revoke(user, time.Now())
				if err := r.Check(&Principal{User: user}); !errors.Is(err, ErrRevoked) {
					t.Errorf("%s: got %v, want ErrRevoked", user, err)
				}
			}
		})
	}
	wg.Wait()
}
