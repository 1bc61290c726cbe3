package redis

import (
	"strings"
	"time"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// How many records are read at once at first and at most, and the bytes that they
// should not exceed by much.
const (
	firstBatch = 64
	maxBatch   = 1000
	batchBytes = 4 << 20
)

// batchSize is how many records to ask for. It grows while they are small.
type batchSize int

// next returns the size for the next batch, after one of n records and their bytes.
func (s batchSize) next(n, bytes int) batchSize {
	if bytes > batchBytes {
		return max(1, batchSize(n*batchBytes/bytes))
	}
	if n < int(s) {
		return s // there were no more
	}
	return min(2*s, maxBatch)
}

// entry is one entry of the stream.
type entry struct {
	seq    uint64
	epoch  string
	record []byte
}

// decode turns entries into records and moves the reader's place on. With an
// error, the records before it are good. An entry that holds no record is counted,
// and one without content for nobody comes in its place: positions have no holes.
func (r *reader) decode(messages []rueidis.RedisMessage) (batch []engine.Stored, bytes int, err error) {
	batch = make([]engine.Stored, 0, len(messages))
	var newest entry
	for i := range messages {
		next, err := parseEntry(&messages[i])
		if err == nil && (next.epoch != r.epoch || next.seq != r.last+1) {
			err = engine.ErrTruncated // a new log, or records were dropped unread
		}
		if err != nil {
			return batch, bytes, err
		}
		r.last, newest = next.seq, next
		bytes += len(next.record)
		rec, err := engine.ParseRecord(next.record)
		if err != nil {
			r.e.leaveOut(next.seq, err)
			rec = &engine.Record{Time: time.Now()}
		}
		batch = append(batch, engine.Stored{Seq: next.seq, Record: rec})
	}
	r.e.witness.observe(engine.Position{Epoch: newest.epoch, Seq: newest.seq}, newest.record)
	return batch, bytes, nil
}

// parseEntry takes [id, [field, value]] apart.
func parseEntry(m *rueidis.RedisMessage) (entry, error) {
	parts, err := m.ToArray()
	if err != nil || len(parts) != 2 {
		return entry{}, errForeign
	}
	id, err := parts[0].ToString()
	if err != nil {
		return entry{}, errForeign
	}
	fields, err := parts[1].ToArray()
	if err != nil || len(fields) != 2 {
		return entry{}, errForeign
	}
	number, ok := strings.CutPrefix(id, "0-")
	if !ok {
		return entry{}, errForeign
	}
	e := entry{}
	if e.seq, err = parseSeq(number); err != nil {
		return entry{}, errForeign
	}
	if e.epoch, err = fields[0].ToString(); err != nil {
		return entry{}, errForeign
	}
	// The client reads each string into memory of its own, which nobody else
	// holds, so the record may keep it.
	if e.record, err = fields[1].AsBytes(); err != nil {
		return entry{}, errForeign
	}
	return e, nil
}
