package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// users are the identities of a run: user i is "u<i>", with a token of its own
// that is signed beforehand, so that signing costs nothing while it is measured.
type users struct {
	secret []byte
	apiKey string
	tokens []string // by number
	grant  string   // further claims in them
}

// tokenLife is long enough for any run.
const tokenLife = 24 * time.Hour

// newUsers makes keys and tokens, or takes those of the hub that runs already.
func newUsers(opts *options) (*users, error) {
	u := &users{secret: randomKey(), apiKey: string(randomKey()), tokens: make([]string, opts.Conns)}
	if opts.Target != "" {
		if opts.SecretFile == "" || opts.APIKey == "" {
			return nil, errors.New("a running target needs jwt-secret-file and api-key")
		}
		secret, err := os.ReadFile(opts.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("read the secret: %w", err)
		}
		u.secret, u.apiKey = bytes.TrimSuffix(secret, []byte("\n")), opts.APIKey
	}
	u.sign(0)
	return u, nil
}

// sign makes the tokens of the users from number first on.
func (u *users) sign(first int) {
	now := time.Now()
	for i := first; i < len(u.tokens); i++ {
		u.tokens[i] = signToken(u.secret, userName(i), u.grant, now)
	}
}

// inTopics are the same users with tokens that allow topics.
func (u *users) inTopics() *users {
	v := &users{secret: u.secret, apiKey: u.apiKey, grant: topicGrant, tokens: make([]string, len(u.tokens))}
	v.sign(0)
	return v
}

func userName(i int) string { return "u" + strconv.Itoa(i) }

// topicGrant is a claim that allows all topics of the suite.
const topicGrant = `,"topics":["t*"]`

// signToken makes a JWT with HS256 (RFC 7515, RFC 7519); grant are further claims.
func signToken(secret []byte, user, grant string, now time.Time) string {
	enc := base64.RawURLEncoding
	token := enc.AppendEncode(nil, []byte(`{"alg":"HS256","typ":"JWT"}`))
	token = append(token, '.')
	claims := fmt.Appendf(nil, `{"sub":%q%s,"iat":%d,"exp":%d}`, user, grant, now.Unix(), now.Add(tokenLife).Unix())
	token = enc.AppendEncode(token, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write(token)
	token = append(token, '.')
	return string(enc.AppendEncode(token, mac.Sum(nil)))
}

// tokenUser reads the user from a token without checking it: the baselines have
// to know who a stream is for, and nothing else about it.
func tokenUser(token []byte) (string, bool) {
	_, rest, ok := bytes.Cut(token, []byte{'.'})
	claims, _, ok2 := bytes.Cut(rest, []byte{'.'})
	if !ok || !ok2 {
		return "", false
	}
	text, err := base64.RawURLEncoding.AppendDecode(nil, claims)
	if err != nil {
		return "", false
	}
	var c struct {
		Sub string `json:"sub"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return "", false
	}
	return c.Sub, c.Sub != ""
}

// randomKey is 64 hexadecimal digits.
func randomKey() []byte {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.AppendEncode(nil, raw[:])
}
