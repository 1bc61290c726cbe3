package client

import (
	"fmt"
	"net/http"
)

// authorise asks the source, if there is one, for the token of this request.
func authorise(req *http.Request, tokens TokenSource, refresh bool) error {
	if tokens == nil {
		return nil
	}
	token, err := tokens(req.Context(), refresh)
	if err != nil {
		return fmt.Errorf("get token: %w", because(req.Context(), err))
	}
	if !validHeader(token) {
		return fmt.Errorf("get token: %w: no header can carry the token", ErrUnauthorized)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// validHeader reports whether s can be the value of a header (RFC 9110, 5.5).
func validHeader(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t') || c == 0x7f {
			return false
		}
	}
	return true
}
