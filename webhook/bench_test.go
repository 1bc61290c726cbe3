package webhook

import "testing"

// BenchmarkJournal_Note is what a first or last connection costs the registry.
func BenchmarkJournal_Note(b *testing.B) {
	j := NewJournal()
	b.ReportAllocs()
	for b.Loop() {
		j.Note("alice", true)
	}
}
