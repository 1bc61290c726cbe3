package main

import (
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watchPause lets those who exchange several files finish.
const watchPause = 250 * time.Millisecond

// watch calls changed a moment after something has changed in a directory of the
// files, from one goroutine. It looks at directories because files are mostly
// exchanged by renaming: in Kubernetes a symbolic link beside them. stop ends it.
func watch(files []string, changed func(), log *slog.Logger) (stop func(), err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := w.Add(filepath.Dir(file)); err != nil {
			_ = w.Close()
			return nil, err
		}
	}
	var running sync.WaitGroup
	running.Go(func() {
		var due <-chan time.Time
		for {
			select {
			case _, open := <-w.Events:
				if !open {
					return
				}
				if due == nil {
					due = time.After(watchPause)
				}
			case <-due:
				due = nil
				changed()
			case err, open := <-w.Errors:
				if !open {
					return
				}
				log.Warn("watching files", "err", err)
				if due == nil { // events may have been lost
					due = time.After(watchPause)
				}
			}
		}
	})
	return func() {
		_ = w.Close()
		running.Wait()
	}, nil
}

// watchTLS reloads the certificates when their files change. Without a watch,
// SIGHUP does it.
func (n *node) watchTLS() {
	var files []string
	for _, t := range n.tls {
		files = append(files, t.files()...)
	}
	if files == nil {
		return
	}
	stop, err := watch(files, func() {
		n.reloading.Lock()
		defer n.reloading.Unlock()
		loaded, err := n.loadTLS()
		n.oldCertificates.Store(err != nil)
		if err != nil {
			n.log.Error("certificates not reloaded, the old ones stay", "err", err)
			return
		}
		n.useTLS(loaded)
	}, n.log)
	if err != nil {
		n.log.Warn("certificates are not watched: reload them by SIGHUP", "err", err)
		return
	}
	n.unwatch = stop
}
