// Package auth says who is calling: users by JSON Web Token or one-time ticket,
// services by API key. It knows nothing of HTTP; finding the credential in a
// request is the caller's part.
//
// A token is checked in this order: size and alphabet, header, signature,
// claims. Nothing of its content is looked at before the signature holds,
// except the header's alg, kid and crit. The algorithm belongs to the key: a
// token's alg only selects among the keys that were configured for it, so that
// a public key can never be taken for an HMAC secret. Signatures are checked by
// golang-jwt's signing methods; the decoding is done here, because a token with
// a doubled claim, a claim in other letter case or a byte outside base64url is
// to be refused, which general JSON decoding does not do.
//
// No error text of this package holds a token, a key, a ticket or a part of one.
package auth
