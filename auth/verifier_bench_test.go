package auth

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// benchClaims is the payload of a usual user's token.
const benchClaims = `"iat":NOW-5,"iss":"https://idp.example","aud":"hub","scope":"openid dashboard","topics":["news","team/7*"]`

func BenchmarkVerifier(b *testing.B) {
	cfg := everyKey()
	cfg.Keys = cfg.Keys[1:] // one secret
	cfg.Issuer, cfg.Audience = "https://idp.example", "hub"
	v := newVerifier(b, cfg)
	for _, bb := range []struct {
		alg  string
		sign signer
	}{
		{HS256, byHMAC},
		{RS256, by(jwt.SigningMethodRS256, rsaPair())},
		{ES256, by(jwt.SigningMethodES256, ecPair())},
		{EdDSA, by(jwt.SigningMethodEdDSA, edPair())},
	} {
		text := forge(`{"alg":"`+bb.alg+`","typ":"JWT"}`, claimsWith(benchClaims), bb.sign)
		b.Run("alg="+bb.alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	// What the same token costs in golang-jwt's own parser, to compare with.
	b.Run("golang-jwt/alg=HS256", func(b *testing.B) {
		text := forge(headerHS256, claimsWith(benchClaims), byHMAC)
		parser := oracle()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parser.ParseWithClaims(text, &oracleClaims{}, oracleKey); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("refused/alg=HS256", func(b *testing.B) {
		text := forge(headerHS256, claimsWith(benchClaims), by(jwt.SigningMethodHS256, []byte(secretText2)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), text); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}

func BenchmarkAPIKeys_Verify(b *testing.B) {
	keys := manyAPIKeys(b, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Verify("key-of-the-service-99"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTickets(b *testing.B) {
	tickets := NewTickets(DefaultTicketTTL, 1000)
	p := Principal{User: "alice"}
	b.ReportAllocs()
	for b.Loop() {
		text, _, err := tickets.Issue(p)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tickets.Redeem(text); err != nil {
			b.Fatal(err)
		}
	}
}
