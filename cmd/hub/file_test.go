package main

import (
	"testing"
)

// FuzzParseFile feeds the parser of settings files: whatever comes, it returns
// known keys with values, or an error.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		"", "# nothing\n", "listen: :80\n", "listen: [a, b]\n", "listen: {a: b}\n", "a: &x 1\nb: *x\n",
		"? [a]\n: b\n", "listen: |\n  text\n", "--- 1\n--- 2\n", "<<: {listen: 1}\n", "listen: !!null x\n", "\xff",
	} {
		f.Add([]byte(seed))
	}
	known := map[string]bool{"listen": true, "heartbeat": true, "config": false}
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := parseFile(text, known)
		if err != nil && values != nil {
			t.Errorf("values %v beside the error %v", values, err)
		}
		for key, v := range values {
			if !known[key] || (!v.list && len(v.values) != 1) {
				t.Errorf("key %q has %+v", key, v)
			}
		}
	})
}
