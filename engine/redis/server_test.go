package redis

import (
	"errors"
	"strings"
	"testing"
)

func TestParseInfo_TellsServersApart(t *testing.T) {
	for _, tt := range []struct {
		name, info string
		want       server
		ok         bool
	}{
		{"Redis 7", "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n", server{"redis", "7.0.15", ""}, true},
		{"Redis 6", "redis_version:6.2.14\r\n", server{"redis", "6.2.14", ""}, false},
		{"Redis of two digits", "redis_version:10.0\n", server{"redis", "10.0", ""}, true},
		{"Valkey", "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n", server{"valkey", "8.1.0", ""}, true},
		{"Valkey, the other way round", "valkey_version:7.2.5\r\nredis_version:7.2.4\r\n", server{"valkey", "7.2.5", ""}, true},
		{"something else", "hello\r\n", server{"redis", "", ""}, false},
		{"nothing", "", server{"redis", "", ""}, false},
		{"a version that is none", "redis_version:unstable\r\n", server{"redis", "unstable", ""}, false},
		{"evicting", "redis_version:7.4.1\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n", server{"redis", "7.4.1", "allkeys-lru"}, true},
		{"without limit", "redis_version:7.4.1\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", server{"redis", "7.4.1", ""}, true},
		{"limited", "redis_version:7.4.1\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n", server{"redis", "7.4.1", ""}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := parseInfo(tt.info)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			err := got.check()
			if (err == nil) != tt.ok {
				t.Errorf("check: %v", err)
			}
			if err != nil && !errors.Is(err, errVersion) {
				t.Errorf("check: %v, want errVersion", err)
			}
		})
	}
}

func TestServer_TooOldSaysWhatItIsAndWhatIsWanted(t *testing.T) {
	err := server{name: "redis", version: "6.0.16"}.check()
	if err == nil || !strings.Contains(err.Error(), "redis 6.0.16, want 7.0 or later") {
		t.Errorf("check: %v", err)
	}
}
