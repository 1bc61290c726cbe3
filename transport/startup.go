package transport

// startAnswer is what GET /startupz?verbose=1 answers.
type startAnswer struct {
	Started bool          `json:"started"`
	Checks  []checkResult `json:"checks"` // none once the hub has started
}

// startupz serves GET /startupz: whether the hub has started. Once it has, it has for
// good: what fails later is for the other probes to say.
func (s *Server) startupz(c *call) error {
	answer := s.startup()
	s.hideErrors(c, answer.Checks)
	return c.answerProbe(answer.Started, "not started: ", answer.Checks, answer)
}

// startup runs the checks until all of them succeed together for the first time.
func (s *Server) startup() startAnswer {
	if s.hasStarted.Load() {
		return startAnswer{Started: true, Checks: []checkResult{}}
	}
	results, ok := runChecks(s.startChecks)
	if ok {
		s.hasStarted.Store(true)
	}
	return startAnswer{Started: ok, Checks: results}
}
