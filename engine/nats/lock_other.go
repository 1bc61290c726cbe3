//go:build !unix

package nats

// lockDir does nothing on systems without flock: there it is the operator who
// sees to it that a data directory has one process.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }
