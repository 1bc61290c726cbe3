package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // the server's name for a script, no secret
	_ "embed"
	"encoding/hex"

	"github.com/redis/rueidis"
)

var (
	//go:embed append.lua
	appendSource string
	//go:embed publish.lua
	publishSource string
	//go:embed state.lua
	stateSource string
	//go:embed retain.lua
	retainSource string
	//go:embed withdraw.lua
	withdrawSource string

	appendScript   = newScript(appendSource)
	publishScript  = newScript(publishSource)
	stateScript    = newScript(stateSource)
	retainScript   = newScript(retainSource)
	withdrawScript = newScript(withdrawSource)
)

// script is Lua that the server runs at one go. Its text is fixed: whatever
// differs between calls is an argument.
type script struct {
	source, hash string
}

func newScript(source string) *script {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // see above
	return &script{source: source, hash: hex.EncodeToString(sum[:])}
}

// commander is a client or one connection of it.
type commander interface {
	B() rueidis.Builder
	Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult
}

// run calls the script by its hash, and by its text if the server does not know
// it yet. It never repeats a call that may have had an effect.
func (s *script) run(ctx context.Context, c commander, keys []string, args ...string) rueidis.RedisResult {
	n := int64(len(keys))
	res := c.Do(ctx, c.B().Evalsha().Sha1(s.hash).Numkeys(n).Key(keys...).Arg(args...).Build())
	if err, ok := rueidis.IsRedisErr(res.Error()); ok && err.IsNoScript() {
		return c.Do(ctx, c.B().Eval().Script(s.source).Numkeys(n).Key(keys...).Arg(args...).Build())
	}
	return res
}
