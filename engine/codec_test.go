package engine_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

// codecRecords are records that use every field, and none.
func codecRecords() []*engine.Record {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	return []*engine.Record{
		{},
		{To: []engine.Address{engine.All}, Body: []byte("data: x\n\n"), Time: at},
		{
			Kind:      engine.Revoke,
			To:        []engine.Address{engine.User("Zoë/山 *.>"), "", engine.Topic(strings.Repeat("t", 130))},
			Name:      "notification",
			Body:      []byte(strings.Repeat("event: x\ndata: \u2028\x00\n\n", 3)),
			Key:       "a key",
			Slow:      engine.SlowDisconnect,
			Except:    "connection",
			Transient: true,
			Time:      at,
			TTL:       90*time.Second + 1,
			Origin:    1<<64 - 1,
			Nonce:     1 << 63,
		},
		{Kind: 255, Slow: engine.SlowConflate, Time: time.UnixMicro(-1), TTL: -1},
		{To: []engine.Address{engine.Topic("t")}, Public: true, ID: "urn:uuid:1", Body: []byte("data: x\n\n"), Time: at},
		{ID: strings.Repeat("i", 300), Time: at},
		{Kind: engine.Revoked, Counted: true, Slow: engine.SlowDisconnect, Time: at},
	}
}

func TestCodec_EveryFieldComesBack(t *testing.T) {
	for i, want := range codecRecords() {
		b := engine.AppendRecord([]byte("before"), want)
		if !bytes.HasPrefix(b, []byte("before")) {
			t.Fatalf("record %d: what was there is gone", i)
		}
		got, err := engine.ParseRecord(b[len("before"):])
		if err != nil {
			t.Errorf("record %d: %v", i, err)
			continue
		}
		wantSame(t, got, want)
	}
}

func TestCodec_KeepsTheZeroTime(t *testing.T) {
	got, err := engine.ParseRecord(engine.AppendRecord(nil, &engine.Record{}))
	if err != nil || !got.Time.IsZero() {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseRecord_RefusesWhatNoHubWrote(t *testing.T) {
	good := engine.AppendRecord(nil, codecRecords()[2])
	other := func(i int, c byte) []byte {
		b := bytes.Clone(good)
		b[i] = c
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"a version alone":       {1},
		"version 0":             other(0, 0),
		"version 2":             other(0, 2),
		"an unknown flag":       other(2, 1<<6),
		"a flag without its id": other(2, 1<<5),
		"bytes behind it":       append(bytes.Clone(good), 0),
		"an endless varint":     {1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"a body too long":       {1, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0},
		"lengths that wrap":     {1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 0, 0, 0},
		"too many addresses":    {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		if r, err := engine.ParseRecord(b); !errors.Is(err, engine.ErrBadRecord) || r != nil {
			t.Errorf("%s: %+v, %v, want ErrBadRecord", name, r, err)
		}
	}
	for n := range good {
		if _, err := engine.ParseRecord(good[:n]); !errors.Is(err, engine.ErrBadRecord) {
			t.Fatalf("the first %d of %d bytes: %v, want ErrBadRecord", n, len(good), err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, r := range codecRecords() {
		f.Add(engine.AppendRecord(nil, r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := engine.ParseRecord(b)
		if err != nil {
			if !errors.Is(err, engine.ErrBadRecord) || first != nil {
				t.Fatalf("%+v, %v", first, err)
			}
			return
		}
		again, err := engine.ParseRecord(engine.AppendRecord(nil, first))
		if err != nil {
			t.Fatalf("%+v does not come back: %v", first, err)
		}
		wantSame(t, again, first)
	})
}

// wantSame compares two records; a nil and an empty body are the same.
func wantSame(t *testing.T, gotRecord, wantRecord *engine.Record) {
	t.Helper()
	got, want := *gotRecord, *wantRecord
	if !got.Time.Equal(want.Time) {
		t.Errorf("time %v, want %v", got.Time, want.Time)
	}
	if !bytes.Equal(got.Body, want.Body) {
		t.Errorf("%d bytes of body, want %d", len(got.Body), len(want.Body))
	}
	got.Time, got.Body, want.Time, want.Body = time.Time{}, nil, time.Time{}, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func BenchmarkParseRecord(b *testing.B) {
	encoded := engine.AppendRecord(nil, &engine.Record{
		To: []engine.Address{engine.User("alice")}, Name: "notification", Time: time.Now(),
		Body: []byte("event: notification\ndata: " + strings.Repeat("x", 256) + "\n\n"), Origin: 1 << 60, Nonce: 1000,
	})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.ParseRecord(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
