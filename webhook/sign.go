package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// minSecret is the least length of a secret in bytes, as Standard Webhooks has it.
const minSecret = 24

// ErrSecret is returned by ParseSecret.
var ErrSecret = errors.New("a webhook secret has at least 24 bytes, or is whsec_ and their base64")

// ParseSecret reads a secret from the text of its file: whsec_ and base64, as
// Standard Webhooks writes it, or the bytes as they are, less one newline.
func ParseSecret(text []byte) ([]byte, error) {
	secret := bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	if encoded, ok := bytes.CutPrefix(secret, []byte("whsec_")); ok {
		decoded, err := base64.StdEncoding.DecodeString(string(encoded))
		if err != nil {
			return nil, ErrSecret
		}
		secret = decoded
	}
	if len(secret) < minSecret {
		return nil, ErrSecret
	}
	return bytes.Clone(secret), nil
}

// sign sets the headers of Standard Webhooks 1.0. The id stays the same when the
// body is sent again, the time does not.
func sign(h http.Header, secret []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
