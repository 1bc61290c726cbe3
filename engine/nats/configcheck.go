package nats

import (
	"errors"
	"fmt"
	"regexp"
)

// ErrConfig is wrapped by the errors of Open that are about the Config.
var ErrConfig = errors.New("nats engine configuration")

func (c *Config) external() bool { return len(c.URLs) > 0 }

func (c *Config) clustered() bool { return len(c.ClusterPeers) > 0 }

var (
	validNamespace = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	validServer    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

// check reports what cannot work, before anything is started.
func (c *Config) check() error {
	switch {
	case !validNamespace.MatchString(c.Namespace):
		return fmt.Errorf("%w: namespace %q: want 1 to 32 characters of [A-Za-z0-9_-]", ErrConfig, c.Namespace)
	case c.Replicas < 0 || c.Replicas > 5 || c.Replicas == 2 || c.Replicas == 4:
		return fmt.Errorf("%w: replicas %d: want 1, 3 or 5", ErrConfig, c.Replicas)
	case c.ServerName != "" && !validServer.MatchString(c.ServerName):
		return fmt.Errorf("%w: server name %q: want 1 to 64 characters of [A-Za-z0-9_.-]", ErrConfig, c.ServerName)
	case c.external() && (c.DataDir != "" || c.clustered() || c.ClientListen != ""):
		return fmt.Errorf("%w: servers elsewhere leave no use for a data directory, peers or a listener", ErrConfig)
	case !c.external() && !c.clustered() && c.Replicas > 1:
		return fmt.Errorf("%w: one server cannot hold %d replicas", ErrConfig, c.Replicas)
	}
	if c.clustered() {
		return c.checkMember()
	}
	return c.checkListener("client", c.ClientListen)
}
