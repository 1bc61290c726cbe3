package auth

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

func TestReason(t *testing.T) {
	for err, want := range map[error]string{
		nil:                                     "",
		ErrMissing:                              "missing",
		fmt.Errorf("x: %w", ErrExpired):         "expired",
		fmt.Errorf("%w: %w", ErrClaims, io.EOF): "claims",
		errors.Join(io.EOF, ErrTicket):          "ticket",
		io.EOF:                                  "other",
	} {
		if got := Reason(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}

func TestReasons_HoldsEveryLabelOnce(t *testing.T) {
	labels := Reasons()
	for _, err := range []error{
		ErrMissing, ErrMalformed, ErrSignature, ErrExpired, ErrNotYet, ErrIssuer, ErrAudience, ErrClaims,
		ErrUnknownKey, ErrKeysUnavailable, ErrRevoked, ErrTicket, ErrTicketLimit, io.EOF,
	} {
		if !slices.Contains(labels, Reason(err)) {
			t.Errorf("%v: %q is not among %q", err, Reason(err), labels)
		}
	}
	slices.Sort(labels)
	if n := len(slices.Compact(labels)); n != len(Reasons()) {
		t.Errorf("%d different labels of %d", n, len(Reasons()))
	}
}
