package transport

import (
	"testing"

	"go.uber.org/goleak"
)

// fasthttp's housekeepers outlive their server: one sleeps up to ten seconds
// before it notices, one keeps the date for the whole process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(
		m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}
