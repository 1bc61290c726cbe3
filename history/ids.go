package history

// noteID remembers which entry has a publisher's own id. Of one that is repeated
// the oldest entry counts: who resumes behind it gets some again, and misses none.
func (w *Window) noteID(e *Entry) {
	id := e.Record.ID
	if id == "" || !replayable(e.Record) {
		return
	}
	if _, repeated := w.ids[id]; repeated {
		return
	}
	if w.ids == nil {
		w.ids = make(map[string]uint64)
	}
	w.ids[id] = e.Seq
}

// forgetID forgets the id of an entry that is dropped. From then on the id means
// nothing, even if later entries repeat it: a client that has it may have it from
// the one that is gone.
func (w *Window) forgetID(e *Entry) {
	if id := e.Record.ID; id != "" && w.ids[id] == e.Seq {
		delete(w.ids, id)
	}
}
