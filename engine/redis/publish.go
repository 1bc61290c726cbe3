package redis

import (
	"context"
	"strings"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// publish hands a transient record to the tails.
func (e *Engine) publish(ctx context.Context, data []byte, key string) (engine.Appended, error) {
	var done engine.Appended
	err := e.withPatience(ctx, "append", func(ctx context.Context) (err error) {
		if key == "" {
			return e.spublish(ctx, e.names.transients, data)
		}
		done, err = e.publishOnce(ctx, data, e.names.usedKey(key))
		return err
	})
	return done, err
}

// publishOnce hands a transient record to the tails unless its key was used.
func (e *Engine) publishOnce(ctx context.Context, data []byte, used string) (engine.Appended, error) {
	keys := []string{used, e.names.transients}
	answer, err := publishScript.run(ctx, e.client, keys, rueidis.BinaryString(data), keepUsed).ToString()
	if err != nil {
		return engine.Appended{}, err
	}
	text, duplicate := strings.CutPrefix(answer, "=")
	if !duplicate {
		return engine.Appended{}, nil
	}
	at, err := usedPosition(text)
	return engine.Appended{Position: at, Duplicate: true}, err
}

// spublish sends a message to those who listen to a channel.
func (e *Engine) spublish(ctx context.Context, channel string, message []byte) error {
	return e.client.Do(ctx, e.client.B().Spublish().Channel(channel).Message(rueidis.BinaryString(message)).Build()).Error()
}
