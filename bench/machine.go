package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine is what a reader of the figures has to know about where they come from.
type machine struct {
	OS         string            `json:"os"`
	Kernel     string            `json:"kernel"`
	CPU        string            `json:"cpu"`
	CPUs       int               `json:"cpus"`
	GOMAXPROCS int               `json:"gomaxprocs"`
	MemoryKB   uint64            `json:"memoryKB"`
	Go         string            `json:"go"`
	Load       string            `json:"load"` // averages when the run began
	Settings   map[string]string `json:"settings"`
}

// settingFiles are the limits that decide how far a machine can go.
var settingFiles = []string{
	"/proc/sys/net/core/somaxconn",
	"/proc/sys/net/core/rmem_max",
	"/proc/sys/net/core/wmem_max",
	"/proc/sys/net/ipv4/ip_local_port_range",
	"/proc/sys/net/ipv4/tcp_mem",
	"/proc/sys/net/ipv4/tcp_rmem",
	"/proc/sys/net/ipv4/tcp_wmem",
	"/proc/sys/fs/nr_open",
	"/sys/fs/cgroup/cpu.max",
	"/sys/fs/cgroup/memory.max",
}

func readMachine() machine {
	m := machine{
		OS: runtime.GOOS + "/" + runtime.GOARCH, Kernel: kernelRelease(), CPU: cpuModel(),
		CPUs: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), Go: runtime.Version(),
		Load: readLine("/proc/loadavg"), Settings: map[string]string{},
	}
	if info, err := readFields("/proc/meminfo"); err == nil {
		m.MemoryKB = info["MemTotal"]
	}
	for _, f := range settingFiles {
		if v := readLine(f); v != "" {
			m.Settings[f] = v
		}
	}
	if limits, err := os.ReadFile("/proc/self/limits"); err == nil {
		m.Settings["nofile"] = limitOf(limits, "Max open files")
	}
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GODEBUG"} {
		if v := os.Getenv(name); v != "" {
			m.Settings[name] = v
		}
	}
	return m
}

func readLine(path string) string {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.Join(strings.Fields(line), " ")
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// limitOf returns the soft and the hard limit of a line of /proc/self/limits.
func limitOf(limits []byte, name string) string {
	for lines := bufio.NewScanner(bytes.NewReader(limits)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			if f := strings.Fields(rest); len(f) >= 2 {
				return f[0] + " " + f[1]
			}
		}
	}
	return ""
}

// commit names the source that was measured, as far as git knows it here.
func commit() (id string, dirty bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "", false
	}
	status, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no").Output()
	return strings.TrimSpace(string(out)), err != nil || len(status) > 0
}
