package history

import (
	"example.org/hub/engine"
	"example.org/hub/internal/splice"
)

// Entry is one record of the log as this hub delivers it: encoded once, shared
// by every connection that it reaches, and never changed.
// For streams in gzip it is compressed too, once, if there are any.
type Entry struct {
	Seq     uint64         // place in the log, 0 for a transient record
	Frame   []byte         // the whole frame: the id line, unless transient, and the record's body
	Record  *engine.Record // where it goes and under which rules
	Receipt *Receipt       // what its publisher waits for, nil if that was another hub

	twin splice.Twin
}

// size is what an entry takes, as Config.MaxBytes counts, in bytes.
func (e *Entry) size() int64 { return int64(e.Record.Size() + len(e.Frame)) }
