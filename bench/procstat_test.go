package main

import (
	"os"
	"testing"
	"time"
)

func TestParseFields(t *testing.T) {
	got := parseFields([]byte("Name:\tbench\nVmHWM:\t   12345 kB\nThreads:\t7\nRss:                4128 kB\nno colon\nEmpty:\nBad: -1\n"))
	for name, want := range map[string]uint64{"VmHWM": 12345, "Threads": 7, "Rss": 4128} {
		if got[name] != want {
			t.Errorf("%s = %d, want %d", name, got[name], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %v, want 3 fields", got)
	}
}

func TestParseSockstat(t *testing.T) {
	const text = "sockets: used 15\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 43\nUDP: inuse 0 mem 9\n"
	if got := parseSockstat([]byte(text)); got != 43 {
		t.Errorf("got %d pages, want 43", got)
	}
	if got := parseSockstat([]byte("UDP: mem 3\n")); got != 0 {
		t.Errorf("without TCP: got %d, want 0", got)
	}
}

func TestParseMachineClock_LeavesOutIdleTime(t *testing.T) {
	//                     user nice sys idle iowait irq softirq steal guest
	const stat = "cpu  100 10 50 9999 8888 5 15 20 7777 0\ncpu0 1 1 1 1\n"
	if got, want := parseMachineClock(stat), 2*time.Second; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := parseMachineClock("cpu x\n"); got != 0 {
		t.Errorf("garbage: got %v, want 0", got)
	}
}

func TestListeners_MatchesStateAndPort(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:ABCD 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0
`
	got := listeners([]byte(table), 8080)
	if len(got) != 1 || got[0] != "111" {
		t.Errorf("got %q, want 111 alone", got)
	}
}

func TestReadUsage_OfThisProcess(t *testing.T) {
	u, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if u.cpu <= 0 || u.rss == 0 || u.pss == 0 || u.peak < u.rss/2 || u.threads == 0 || u.switches == 0 {
		t.Errorf("got %+v", u)
	}
	if _, err := readUsage(1 << 30); err == nil {
		t.Error("a process that does not exist: no error")
	}
}
