package main

import (
	"testing"
	"testing/fstest"
)

func TestMemoryLimit(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64 // 0 for none
	}{
		{"no cgroup", nil, 0},
		{"version 2 in a container", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1000\n",
		}, 900},
		{"version 2 without a limit", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, 0},
		{"the least limit on the way up", map[string]string{
			"proc/self/cgroup":                                  "0::/system.slice/hub.service\n",
			"sys/fs/cgroup/system.slice/memory.max":             "2000\n",
			"sys/fs/cgroup/system.slice/hub.service/memory.max": "3000\n",
		}, 1800},
		{"version 1", map[string]string{
			"proc/self/cgroup": "12:cpu,cpuacct:/a\n5:memory:/docker/x\n",
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "5000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          "9223372036854771712\n",
		}, 4500},
		{"version 1 in a container, where the group's path is not mounted", map[string]string{
			"proc/self/cgroup":                           "5:memory:/docker/x\n0::/x\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "7000\n",
		}, 6300},
		{"version 1 without a limit", map[string]string{
			"proc/self/cgroup":                           "5:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		{"nonsense", map[string]string{"proc/self/cgroup": "x\n::::\n", "sys/fs/cgroup/memory.max": "much"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, content := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(content)}
			}
			got, ok := memoryLimit(root)
			if got != tt.want || ok != (tt.want != 0) {
				t.Errorf("got %d, %v, want %d", got, ok, tt.want)
			}
		})
	}
}

func TestStreamsFor_LeavesDescriptorsForTheRest(t *testing.T) {
	for descriptors, want := range map[uint64]int{1 << 20: 1<<20 - spareDescriptors, 1024: 512, 256: 128} {
		if got := streamsFor(descriptors); got != want {
			t.Errorf("%d descriptors: got %d streams, want %d", descriptors, got, want)
		}
	}
	if got := streamsFor(1<<64 - 1); got <= 0 {
		t.Errorf("no limit: got %d streams", got)
	}
}
