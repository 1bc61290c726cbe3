package swarm

// Cut resets those of count connections, from number first on, that are open.
// They remember the last event that they saw, so that Open can resume them.
func (s *Swarm) Cut(first, count int) {
	s.each(first, count, func(r *reader, i, _ int) {
		if st := r.conns[i].state; st == connOpen || st == connStuck {
			r.drop(i)
		}
	})
}

// each calls f for connections, by local number and by number, on the goroutine
// that they belong to.
func (s *Swarm) each(first, count int, f func(r *reader, i, number int)) {
	w := len(s.readers)
	for k, r := range s.readers {
		r.cmds.do(func() {
			for i := localCount(first, k, w); i < localCount(first+count, k, w); i++ {
				f(r, i, i*w+k)
			}
		})
	}
}
