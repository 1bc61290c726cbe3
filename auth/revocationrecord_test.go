package auth

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestRevocations_ComeBackFromTheLog(t *testing.T) {
	now := time.Now()
	old, fresh := NewRevocations(0), NewRevocations(0)
	for n := range 3 * revokedPerRecord / 2 {
		old.Revoke(fmt.Sprintf("user %d", n), now.Add(time.Duration(n)*time.Second))
	}
	records, err := old.Records(now)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	var news []string
	for _, rec := range records {
		if rec.Kind != engine.Revoked || len(rec.To) == 0 {
			t.Errorf("record %+v", rec)
		}
		users, err := fresh.Apply(rec)
		if err != nil {
			t.Fatal(err)
		}
		news = append(news, users...)
		if again, err := fresh.Apply(rec); len(again) != 0 || err != nil {
			t.Errorf("again: news for %v, %v", again, err)
		}
	}
	if len(news) != old.Len() || fresh.Len() != old.Len() {
		t.Errorf("news for %d users and %d entries, want %d", len(news), fresh.Len(), old.Len())
	}
	last := now.Add(10 * time.Second)
	for _, tt := range []struct {
		user   string
		issued time.Time
		want   error
	}{
		{"user 10", last.Add(-time.Nanosecond), ErrRevoked},
		{"user 10", last, nil},
		{"user 11", last, ErrRevoked},
		{"another", last.Add(-time.Hour), nil},
	} {
		if err := fresh.Check(&Principal{User: tt.user, Issued: tt.issued}); !errors.Is(err, tt.want) {
			t.Errorf("%s, issued at %v: %v, want %v", tt.user, tt.issued, err, tt.want)
		}
	}
}

func TestRevocations_RepeatTheFloor(t *testing.T) {
	now := time.Now()
	old, fresh := NewRevocations(0), NewRevocations(0)
	old.max = 8
	for n := range 9 {
		old.Revoke(strconv.Itoa(n), now.Add(time.Duration(n)*time.Hour))
	}
	records, err := old.Records(now)
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if _, err := fresh.Apply(records[0]); err != nil {
		t.Fatal(err)
	}
	if old.floor.IsZero() || !fresh.floor.Equal(old.floor) {
		t.Errorf("floor %v, want %v", fresh.floor, old.floor)
	}
	if err := fresh.Check(&Principal{User: "anybody", Issued: now.Add(-time.Hour)}); !errors.Is(err, ErrRevoked) {
		t.Errorf("below the floor: %v", err)
	}
}

func TestRevocations_RepeatNothingThatHasNoEffect(t *testing.T) {
	now := time.Now()
	r := NewRevocations(time.Hour)
	if records, err := r.Records(now); len(records) != 0 || err != nil {
		t.Errorf("%d records of nothing, %v", len(records), err)
	}
	r.Revoke("gone", now.Add(-2*time.Hour))
	r.Revoke("stays", now)
	records, err := r.Records(now)
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if news, err := NewRevocations(0).Apply(records[0]); !slices.Equal(news, []string{"stays"}) || err != nil {
		t.Errorf("repeated %v, %v", news, err)
	}
}

func FuzzRevocations_Apply(f *testing.F) {
	f.Add([]byte(`{"v":1,"before":{"alice":"2026-01-02T03:04:05Z"},"floor":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := NewRevocations(0)
		if news, err := r.Apply(&engine.Record{Body: body}); err != nil && (!errors.Is(err, errRevocationRecord) || news != nil || r.Len() != 0) {
			t.Fatalf("%v, %v", news, err)
		}
	})
}
