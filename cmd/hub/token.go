package main

import (
	"fmt"
	"time"

	"example.org/hub/auth"
)

// mintFlags say which tokens the hub accepts that a command mints for.
type mintFlags struct {
	JWTSecretFile string `name:"jwt-secret-file" placeholder:"FILE" help:"HS256 secret of the hub."`
	JWTIssuer     string `name:"jwt-issuer" placeholder:"NAME" help:"The token's iss."`
	JWTAudience   string `name:"jwt-audience" placeholder:"NAME" help:"The token's aud."`
}

// mint signs a token of now.
func (f *mintFlags) mint(c auth.Claims) (string, error) {
	if f.JWTSecretFile == "" {
		return "", configErrorf("--jwt-secret-file is needed to mint a token")
	}
	key, err := auth.LoadHMACKeyFile(f.JWTSecretFile)
	if err != nil {
		return "", configError{err}
	}
	c.Issuer, c.Audience = f.JWTIssuer, f.JWTAudience
	token, err := auth.Mint(key, c)
	if err != nil {
		return "", configError{err}
	}
	return token, nil
}

type tokenCmd struct {
	mintFlags
	User  string       `required:"" help:"Whom the token is for."`
	Scope []auth.Scope `placeholder:"SCOPE" help:"dashboard, publish, presence, ticket or admin; repeatable."`
	Topic []string     `placeholder:"TOPIC" help:"Topic that may be read, a trailing * stands for any rest; repeatable."`

	MercurePublish   []string `name:"mercure-publish" placeholder:"SELECTOR" help:"Topics that may be sent to over Mercure; repeatable."`
	MercureSubscribe []string `name:"mercure-subscribe" placeholder:"SELECTOR" help:"Topics whose private updates may be read over Mercure; repeatable."`

	TTL time.Duration `default:"1h" help:"How long the token is good."`
}

// Run prints one token.
func (c *tokenCmd) Run(p *program) error {
	token, err := c.mint(auth.Claims{
		User: c.User, Scopes: c.Scope, Topics: c.Topic, TTL: c.TTL,
		MercurePublish: c.MercurePublish, MercureSubscribe: c.MercureSubscribe,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}
