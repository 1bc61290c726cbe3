package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// meter measures what a server uses over a phase, and what the rest of the
// machine does meanwhile.
type meter struct {
	server   *server
	before   usage
	own      time.Duration // CPU of the generator so far
	machine  time.Duration // CPU of the whole machine so far
	cpu      time.Duration
	wall     time.Duration
	switches uint64

	gcBefore, gcAfter map[string]float64 // metrics, nil if the target has none

	watch *watch // ended with the phase; nil if there is none
}

func startMeter(s *server) (*meter, error) {
	page, err := s.runtimeMetrics(context.Background()) // first: it is no part of the phase
	if err != nil {
		return nil, err
	}
	before, err := s.usage()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	m := &meter{server: s, before: before, machine: machineClock(), gcBefore: page}
	if m.own, err = s.generatorClock(); err != nil {
		return nil, err
	}
	return m, nil
}

// stop ends the phase: what it has used is in the fields from then on.
func (m *meter) stop() error {
	if m.watch != nil {
		m.watch.halt()
	}
	after, err := m.server.usage()
	if err != nil {
		return fmt.Errorf("%s: %w", m.server.name, err)
	}
	own, err := m.server.generatorClock()
	if err != nil {
		return err
	}
	m.own, m.machine = own-m.own, machineClock()-m.machine
	m.cpu, m.wall = spent(m.before, after), after.at.Sub(m.before.at)
	m.switches = after.switches - min(after.switches, m.before.switches)
	m.gcAfter, err = m.server.runtimeMetrics(context.Background())
	return err
}

// generatorClock is the CPU time of the generator with its workers that live.
func (s *server) generatorClock() (time.Duration, error) {
	sum, err := processClock(os.Getpid())
	if err != nil {
		return 0, err
	}
	for _, pid := range s.generators {
		if d, err := processClock(pid); err == nil {
			sum += d
		}
	}
	return sum, nil
}

// addCores reports how many CPUs were busy, with whom, and the target's garbage
// collector. A run with much of
// the machine busy elsewhere has latencies that say little.
func (m *meter) addCores(out *outcome, prefix string) {
	wall := m.wall.Seconds()
	out.add(prefix+"server_cores", "", m.cpu.Seconds()/wall)
	out.add(prefix+"generator_cores", "", m.own.Seconds()/wall)
	out.add(prefix+"other_cores", "", max(m.machine-m.cpu-m.own, 0).Seconds()/wall)
	if m.gcAfter != nil {
		out.add(prefix+"gc_cycles", "", m.gcAfter[metricGCCycles]-m.gcBefore[metricGCCycles])
		out.add(prefix+"gc_pauses", "ms", 1000*(m.gcAfter[metricGCPauses]-m.gcBefore[metricGCPauses]))
		out.add(prefix+"goroutines", "", m.gcAfter[metricGoroutines])
	}
}

// runtimeMetrics are the target's metrics, nil if it has none. They have a short
// time to come.
func (s *server) runtimeMetrics(ctx context.Context) (map[string]float64, error) {
	if !s.metrics {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return s.readMetrics(ctx)
}

// machineClock is the CPU time of the whole machine in ticks of 10 ms,
// interrupts and time stolen by a hypervisor included.
func machineClock() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return parseMachineClock(string(text))
}

// parseMachineClock adds up the first line of /proc/stat without what is idle:
// user, nice, system, idle, iowait, irq, softirq, steal.
func parseMachineClock(stat string) time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on all of Linux's common ports
	line, _, _ := strings.Cut(stat, "\n")
	var ticks int64
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}
