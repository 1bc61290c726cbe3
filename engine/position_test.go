package engine_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"example.org/hub/engine"
)

func TestPosition_StringRoundTrips(t *testing.T) {
	for _, tt := range []struct {
		pos  engine.Position
		want string
	}{
		{engine.Position{}, ""},
		{engine.Position{Epoch: "a", Seq: 0}, "a-0"},
		{engine.Position{Epoch: "mb1x2k", Seq: 42}, "mb1x2k-42"},
		{engine.Position{Epoch: "0", Seq: math.MaxUint64}, "0-18446744073709551615"},
		{engine.Position{Epoch: strings.Repeat("z", 32), Seq: 1}, strings.Repeat("z", 32) + "-1"},
	} {
		if got := tt.pos.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
		if tt.pos.IsZero() {
			continue
		}
		got, err := engine.ParsePosition(tt.want)
		if err != nil || got != tt.pos {
			t.Errorf("ParsePosition(%q) = %+v, %v, want %+v", tt.want, got, err, tt.pos)
		}
	}
}

func TestPosition_AppendKeepsWhatIsThere(t *testing.T) {
	b := engine.Position{Epoch: "e", Seq: 7}.Append([]byte("id: "))
	if string(b) != "id: e-7" {
		t.Errorf("got %q", b)
	}
}

func TestPosition_LongestTextFits(t *testing.T) {
	p := engine.Position{Epoch: strings.Repeat("z", 32), Seq: math.MaxUint64}
	if n := len(p.String()); n > engine.MaxPositionLen {
		t.Errorf("the longest position has %d bytes, more than MaxPositionLen", n)
	}
}

func TestParsePosition_RefusesWhatNoHubWrote(t *testing.T) {
	for _, s := range []string{
		"", "-", "a", "a-", "-1", "a-b", "A-1", "a_b-1", "é-1", "a--1", "a-+1", "a-01", "a-00",
		"a-1 ", " a-1", "a-1-2", "a-1_000", "a-0x1", "a-18446744073709551616", "a-1\n", "a-1\x00",
		strings.Repeat("a", 33) + "-1", "a-" + strings.Repeat("0", 200) + "1",
	} {
		if p, err := engine.ParsePosition(s); !errors.Is(err, engine.ErrBadPosition) {
			t.Errorf("ParsePosition(%q) = %+v, %v, want ErrBadPosition", s, p, err)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"", "a-0", "mb1x2k-42", "a-01", "a-+1", "-1", "a--1", "a-18446744073709551616"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := engine.ParsePosition(s)
		if err != nil {
			if !errors.Is(err, engine.ErrBadPosition) || !p.IsZero() {
				t.Fatalf("ParsePosition(%q) = %+v, %v", s, p, err)
			}
			return
		}
		if p.String() != s {
			t.Fatalf("%q came back as %q: a position has two texts", s, p)
		}
		if len(s) > engine.MaxPositionLen {
			t.Fatalf("accepted %d bytes", len(s))
		}
	})
}
