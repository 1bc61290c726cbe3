package main

import (
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"time"

	"example.org/hub/bench/swarm"
)

// serveWorker is the name under which serve runs a station: a worker is this
// program again, with the readers that do not fit into one process.
const serveWorker = "worker"

// stationName is the name of the station among the worker's services.
const stationName = "Station"

// pipes are a worker's connection to the program that started it.
type pipes struct {
	io.Reader
	io.WriteCloser
}

// workerStation is the station of a worker, once it has begun.
type workerStation struct {
	*localStation

	notes *os.File
}

// Begin makes the station. It is called first.
func (w *workerStation) Begin(setup StationSetup, _ *Nothing) (err error) {
	swarm.SetClock(setup.Clock)
	u := &users{secret: setup.Secret, grant: setup.Grant, tokens: make([]string, setup.FirstUser+setup.Readers)}
	u.sign(setup.FirstUser)
	if w.localStation, err = newStation(setup, u); err != nil {
		return err
	}
	w.reached = func(slot int) { _, _ = w.notes.Write([]byte{byte(slot)}) } // fails when the other side has gone
	return nil
}

// runWorker serves a station on stdin and stdout until the input ends. A byte on
// descriptor 3 is the slot of an event that has reached all readers.
func runWorker() error {
	if _, err := raiseFileLimit(); err != nil {
		return err
	}
	srv := rpc.NewServer()
	if err := srv.RegisterName(stationName, &workerStation{notes: os.NewFile(3, "notes")}); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	srv.ServeConn(pipes{os.Stdin, os.Stdout})
	return nil
}

// worker is a station in a process of its own.
type worker struct {
	child   *child
	client  *rpc.Client
	notes   *os.File
	reached func(slot int)
	ended   chan struct{} // closed when no more notes come
}

// startWorker starts one; reached is called when an event has reached its share.
func startWorker(setup StationSetup, reached func(slot int)) (*worker, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	w := &worker{reached: reached, ended: make(chan struct{})}
	if err := w.connect(command(exe, nil, append(os.Environ(), serveEnv+"="+serveWorker))); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	if err := w.client.Call(stationName+".Begin", setup, &Nothing{}); err != nil {
		return nil, errors.Join(fmt.Errorf("start a worker: %w", err), w.end())
	}
	return w, nil
}

func (w *worker) connect(cmd *exec.Cmd) error {
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	notes, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	_ = theirs.Close() // the worker has its own
	if err != nil {
		return errors.Join(err, notes.Close())
	}
	w.child, w.notes, w.client = attend(cmd), notes, rpc.NewClient(pipes{out, in})
	go w.listen()
	return nil
}

// listen passes on what the worker notes.
func (w *worker) listen() {
	defer close(w.ended)
	var buf [swarm.MaxSlots]byte
	for {
		n, err := w.notes.Read(buf[:])
		for _, slot := range buf[:n] {
			w.reached(int(slot))
		}
		if err != nil {
			return
		}
	}
}

// end closes the worker's input and waits until it has ended.
func (w *worker) end() error {
	err := w.client.Close()
	select {
	case <-w.child.done:
	case <-time.After(startTimeout):
		w.child.stop()
	}
	<-w.ended
	return errors.Join(err, w.notes.Close())
}

func (w *worker) call(method string, args, reply any) error {
	if err := w.client.Call(stationName+"."+method, args, reply); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// Open implements station.
func (w *worker) Open(args OpenArgs, reply *swarm.OpenResult) error {
	return w.call("Open", args, reply)
}

// Cut implements station.
func (w *worker) Cut(args Span, reply *Nothing) error { return w.call("Cut", args, reply) }

// Track implements station.
func (w *worker) Track(share int, reply *Nothing) error { return w.call("Track", share, reply) }

// Delivered implements station.
func (w *worker) Delivered(args Nothing, reply *uint64) error {
	return w.call("Delivered", args, reply)
}

// Live implements station.
func (w *worker) Live(args Nothing, reply *int) error { return w.call("Live", args, reply) }

// Collect implements station.
func (w *worker) Collect(args Nothing, reply *swarm.Stats) error {
	return w.call("Collect", args, reply)
}

// Last implements station.
func (w *worker) Last(n int, reply *[]uint32) error { return w.call("Last", n, reply) }

// Memory implements station.
func (w *worker) Memory(args Nothing, reply *uint64) error { return w.call("Memory", args, reply) }

// Close implements station.
func (w *worker) Close(args Nothing, reply *Nothing) error {
	return errors.Join(w.call("Close", args, reply), w.end())
}
