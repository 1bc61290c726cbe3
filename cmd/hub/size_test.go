package main

import "testing"

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{
		"0": 0, "1": 1, "65536": 64 << 10, "64KiB": 64 << 10, "1MiB": 1 << 20, "3GiB": 3 << 30, "100B": 100, "1025": 1025,
	} {
		var got byteSize
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
		var again byteSize
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%s: came back from %s as %d, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "1.5MiB", "1 KiB", "1kb", "64K", "1MB", "9223372036854775807KiB", "1KiBKiB"} {
		var s byteSize
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q became %d", text, s)
		}
	}
}
