package redis

import (
	"encoding/binary"
	"errors"
)

// errEnvelope is returned for a message that no hub wrote.
var errEnvelope = errors.New("not a message between hubs")

// question is what Ask sends to all hubs: where the answer goes, the token that
// it carries, and the text.
type question struct {
	inbox, token string
	text         []byte
}

// reply is what a hub answers.
type reply struct {
	token, hub string
	text       []byte
}

func (q *question) encode() []byte { return encode(q.inbox, q.token, q.text) }

func (r *reply) encode() []byte { return encode(r.token, r.hub, r.text) }

func parseQuestion(b []byte) (q question, err error) {
	q.inbox, q.token, q.text, err = decode(b)
	return q, err
}

func parseReply(b []byte) (r reply, err error) {
	r.token, r.hub, r.text, err = decode(b)
	return r, err
}

// encode writes two strings behind their lengths, and then the text.
func encode(first, second string, text []byte) []byte {
	b := make([]byte, 0, len(first)+len(second)+len(text)+2*binary.MaxVarintLen32)
	for _, s := range [...]string{first, second} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return append(b, text...)
}

func decode(b []byte) (first, second string, text []byte, err error) {
	for _, s := range [...]*string{&first, &second} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return "", "", nil, errEnvelope
		}
		*s, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	return first, second, b, nil
}
