package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// BatchResult is what became of one message of a batch.
type BatchResult struct {
	Result
	Err error // nil if the hub accepted it; else an *Error, or why it could not be encoded
}

// Batch posts many messages in one request and returns a result for each, in
// order. A bad message fails alone. The error is about the request as a whole:
// then there are no results, and the messages may or may not have been sent.
// The hub limits the size of a batch.
func (p *Publisher) Batch(ctx context.Context, messages []Message) ([]BatchResult, error) {
	results := make([]BatchResult, len(messages))
	var body bytes.Buffer
	sent := make([]int, 0, len(messages)) // the index of each line
	for i := range messages {
		if err := messages[i].appendJSON(&body); err != nil {
			results[i].Err = fmt.Errorf("client: batch: %w", err)
			continue
		}
		sent = append(sent, i)
	}
	if len(sent) == 0 {
		return results, nil
	}
	answer, err := p.do(ctx, call{
		method: http.MethodPost, path: messagesPath, query: p.receiptQuery(),
		body: body.Bytes(), contentType: ndjson, idempotencyKey: rand.Text(),
	})
	if e := (*Error)(nil); errors.As(err, &e) && e.lines != "" {
		answer, err = []byte(e.lines), nil // refused one by one
	}
	if err == nil {
		err = readResults(answer, results, sent)
	}
	if err != nil {
		return nil, fmt.Errorf("client: batch: %w", err)
	}
	return results, nil
}

// ndjson is the media type of JSON values in lines.
const ndjson = "application/x-ndjson"

// batchLine is one line of the answer: a result or an error.
type batchLine struct {
	Result
	errorBody
}

// readResults puts the lines of an answer to the messages that were sent.
func readResults(answer []byte, results []BatchResult, sent []int) error {
	dec := json.NewDecoder(bytes.NewReader(answer))
	for n, i := range sent {
		var line batchLine
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: %d results for %d messages", ErrResponse, n, len(sent))
		} else if err != nil {
			return fmt.Errorf("%w: result %d: %w", ErrResponse, n, err)
		}
		if line.Error != nil {
			results[i].Err = line.asError(0)
			continue
		}
		results[i].Result = line.Result
	}
	if dec.More() {
		return fmt.Errorf("%w: more results than the %d messages", ErrResponse, len(sent))
	}
	return nil
}
