package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// maxAnew is how often one Append makes a log that was lost.
const maxAnew = 3

var (
	errLost = errors.New("the log was lost again and again")

	keepUsed    = strconv.FormatInt(int64(engine.IdempotencyTTL/time.Millisecond), 10)
	recordExtra = 32 // what the server adds to a record, roughly
)

// Append stores rec, or hands it to the tails if it is transient. It waits for
// the server for at most two seconds, then it fails with engine.ErrUnavailable.
func (e *Engine) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Appended{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err := e.enter(waiting)
	if err != nil {
		return engine.Appended{}, e.failure(ctx, "append", err)
	}
	defer leave()
	data := engine.AppendRecord(make([]byte, 0, rec.Size()), rec)
	var done engine.Appended
	if rec.Transient {
		done, err = e.publish(waiting, data, key)
	} else {
		done, err = e.store(waiting, data, key)
	}
	if err != nil {
		return engine.Appended{}, e.failure(ctx, "append", err)
	}
	return done, nil
}

// store puts a record behind all others.
func (e *Engine) store(ctx context.Context, data []byte, key string) (engine.Appended, error) {
	keys := []string{e.names.log, e.names.meta}
	if key != "" {
		keys = append(keys, e.names.usedKey(key))
	}
	for range maxAnew {
		known := e.witness.now()
		answer, err := appendScript.run(ctx, e.client, keys,
			rueidis.BinaryString(data), strconv.Itoa(e.cfg.MaxRecords), known.epoch,
			strconv.FormatUint(known.seq, 10), keepUsed).ToString()
		if err == nil {
			return e.stored(answer, data)
		}
		if !rueidis.IsRedisNil(err) {
			return engine.Appended{}, err
		}
		// The script has stored nothing, so the record may be sent again.
		if _, err := e.state(ctx, e.client, e.witness.now(), false); err != nil {
			return engine.Appended{}, err
		}
	}
	return engine.Appended{}, errLost
}

// stored reads the script's answer.
func (e *Engine) stored(answer string, data []byte) (engine.Appended, error) {
	text, duplicate := strings.CutPrefix(answer, "=")
	if text == "" { // the key was used for a transient record
		return engine.Appended{Duplicate: true}, nil
	}
	at, err := engine.ParsePosition(text)
	if err != nil {
		return engine.Appended{}, fmt.Errorf("answer %q: %w", answer, err)
	}
	if !duplicate {
		e.witness.observe(at, data)
		e.bytes.Add(int64(len(data) + recordExtra))
	}
	return engine.Appended{Position: at, Duplicate: duplicate}, nil
}

// publish hands a transient record to the tails.
func (e *Engine) publish(ctx context.Context, data []byte, key string) (engine.Appended, error) {
	if key == "" {
		return engine.Appended{}, e.spublish(ctx, e.names.transients, data)
	}
	keys := []string{e.names.usedKey(key), e.names.transients}
	answer, err := publishScript.run(ctx, e.client, keys, rueidis.BinaryString(data), keepUsed).ToString()
	if err != nil {
		return engine.Appended{}, err
	}
	if text, duplicate := strings.CutPrefix(answer, "="); duplicate && text != "" {
		return e.stored(answer, data) // the key was used for a record that is retained
	} else if duplicate {
		return engine.Appended{Duplicate: true}, nil
	}
	return engine.Appended{}, nil
}

// spublish sends a message to those who listen to a channel.
func (e *Engine) spublish(ctx context.Context, channel string, message []byte) error {
	return e.client.Do(ctx, e.client.B().Spublish().Channel(channel).Message(rueidis.BinaryString(message)).Build()).Error()
}
