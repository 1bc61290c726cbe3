package swarm

import (
	"encoding/json"
	"testing"
)

func TestStamp_RoundTrip(t *testing.T) {
	for _, want := range []Stamp{
		{},
		{Slot: MaxSlots - 1, Seq: 1<<32 - 1, Intended: 1 << 52, Sent: 1<<52 + 1},
		{Slot: 3, Seq: 17, Intended: 123456789, Sent: 123456999},
	} {
		data := AppendData(nil, want, 200)
		if len(data) != 200 || !json.Valid(data) {
			t.Errorf("AppendData(%+v) = %d bytes, valid %v: %s", want, len(data), json.Valid(data), data)
		}
		if got, ok := ParseStamp(data); !ok || got != want {
			t.Errorf("ParseStamp(%s) = %+v, %v, want %+v", data, got, ok, want)
		}
	}
}

func TestStamp_IsFoundInReformattedData(t *testing.T) {
	got, ok := ParseStamp([]byte(`{"a": 1, "bench":[ 1, 2, 3, 4]}`))
	if want := (Stamp{1, 2, 3, 4}); !ok || got != want {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
}

func TestStamp_RefusesOtherData(t *testing.T) {
	f := func(data string) {
		t.Helper()
		if got, ok := ParseStamp([]byte(data)); ok {
			t.Errorf("ParseStamp(%s) = %+v, want none", data, got)
		}
	}
	f(``)
	f(`{}`)
	f(`{"time":12}`)
	f(`{"bench":[1,2,3]}`)
	f(`{"bench":[1,2,3,4`)
	f(`{"bench":[64,1,1,1]}`)                 // no such slot
	f(`{"bench":[1,4294967296,1,1]}`)         // no 32 bits
	f(`{"bench":[1,-1,1,1]}`)                 // no digits
	f(`{"bench":[1,1,9999999999999999999,1]`) // too many digits
}

func FuzzParseStamp(f *testing.F) {
	f.Add(AppendData(nil, Stamp{1, 2, 3, 4}, 100))
	f.Add([]byte(`{"bench":[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := ParseStamp(data)
		if !ok {
			return
		}
		if again, ok := ParseStamp(AppendData(nil, s, 0)); !ok || again != s {
			t.Errorf("%+v became %+v, %v", s, again, ok)
		}
	})
}
