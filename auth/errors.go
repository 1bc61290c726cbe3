package auth

import "errors"

// The reasons for refusing a caller. Every error of Verify, Redeem and Check
// wraps exactly one of them; the detail behind it never quotes the credential.
var (
	// ErrMissing means that there is no credential at all.
	ErrMissing = errors.New("no credentials")
	// ErrMalformed means that the token is not a JWT this hub reads (RFC 7519
	// section 7.2), or is longer than MaxTokenLen.
	ErrMalformed = errors.New("malformed token")
	// ErrSignature means that no key of the token's algorithm fits it.
	ErrSignature = errors.New("bad signature")
	// ErrExpired means that exp has passed.
	ErrExpired = errors.New("token expired")
	// ErrNotYet means that nbf or iat is further ahead than the leeway.
	ErrNotYet = errors.New("token not valid yet")
	// ErrIssuer means that iss is not the configured one.
	ErrIssuer = errors.New("wrong issuer")
	// ErrAudience means that aud does not name the configured audience.
	ErrAudience = errors.New("wrong audience")
	// ErrClaims means that a claim is missing, doubled or of the wrong form.
	ErrClaims = errors.New("bad claims")
	// ErrUnknownKey means that there is no such API key, or no key for the
	// token's alg and kid.
	ErrUnknownKey = errors.New("unknown key")
	// ErrKeysUnavailable means that the JWKS could not be fetched and the token may be of a
	// key in it. Like ErrTicketLimit it says nothing about the caller.
	ErrKeysUnavailable = errors.New("keys not known")
	// ErrRevoked means that the user's tokens of that time were revoked.
	ErrRevoked = errors.New("token revoked")
	// ErrTicket means that the ticket is unknown, used or too old.
	ErrTicket = errors.New("invalid ticket")
	// ErrTicketLimit is returned by Issue when too many tickets are open. It
	// says nothing about the caller, who may try again later.
	ErrTicketLimit = errors.New("too many open tickets")
)

// reasons gives each sentinel its metric label.
var reasons = []struct {
	err   error
	label string
}{
	{ErrMissing, "missing"},
	{ErrMalformed, "malformed"},
	{ErrSignature, "signature"},
	{ErrExpired, "expired"},
	{ErrNotYet, "not_yet"},
	{ErrIssuer, "issuer"},
	{ErrAudience, "audience"},
	{ErrClaims, "claims"},
	{ErrUnknownKey, "unknown_key"},
	{ErrKeysUnavailable, "keys_unavailable"},
	{ErrRevoked, "revoked"},
	{ErrTicket, "ticket"},
	{ErrTicketLimit, "ticket_limit"},
}

const reasonOther = "other"

// Reason returns the metric label of an error: one of Reasons, "other" for
// errors that are not this package's, and "" for nil.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.label
		}
	}
	return reasonOther
}

// Reasons returns every label that Reason can return for an error, so that
// counters can start from zero.
func Reasons() []string {
	labels := make([]string, 0, len(reasons)+1)
	for _, r := range reasons {
		labels = append(labels, r.label)
	}
	return append(labels, reasonOther)
}
