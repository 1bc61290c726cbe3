package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"example.org/hub/bench/swarm"
)

// unicastScenario sends messages to single users, first as fast as the target
// takes them, then on a fixed schedule.
type unicastScenario struct {
	Publishers int           `help:"Keep-alive connections that publish, each with one request under way." default:"64"`
	For        time.Duration `help:"Length of each measured phase." default:"5s"`
	Rate       float64       `help:"Messages a second on a fixed schedule; 0 for half of the highest rate found."`
}

// Run is called by kong.
func (u *unicastScenario) Run(o *options) error { return runScenario("unicast", o, u, u) }

// Validate is called by kong.
func (u *unicastScenario) Validate() error {
	if err := within("publishers", u.Publishers, 1, 4096); err != nil {
		return err
	}
	if err := within("rate", u.Rate, 0, 1e6); err != nil {
		return err
	}
	return within("for", u.For, 100*time.Millisecond, 10*time.Minute)
}

func (u *unicastScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	in := *e
	in.private = true
	e = &in
	s, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	sw, err := s.crowd(e, e.Conns, 1)
	if err != nil {
		return nil, err
	}
	defer sw.Close()
	if _, err := s.open(e, sw, 0, e.Conns, false); err != nil {
		return nil, err
	}
	name, fan := "unicast", max(e.perTopic, 1)
	if e.perTopic > 0 {
		name = "topics"
	}
	addresses := e.Conns / fan
	pub, err := s.publisher(e, min(u.Publishers, addresses), e.Size)
	if err != nil {
		return nil, err
	}
	defer pub.Close()
	r := &unicastRun{name: name, env: e, server: s, sw: sw, pub: pub, fan: fan, out: &outcome{}, mail: newMail(addresses, min(u.Publishers, addresses))}
	if _, err := r.phase(ctx, "", r.closed(min(u.For, time.Second)), u.For); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	if err := pause(ctx, e.Settle); err != nil {
		return nil, err
	}
	highest, err := r.phase(ctx, "max", r.closed(u.For), u.For)
	if err != nil {
		return nil, err
	}
	rate := u.Rate
	if rate == 0 {
		rate = highest / 2
	}
	if err := pause(ctx, e.Settle); err != nil {
		return nil, err
	}
	_, err = r.phase(ctx, "rate", r.open(rate, u.For), u.For)
	return r.out, err
}

// unicastRun is a run on one target.
type unicastRun struct {
	env    *environment
	server *server
	sw     *crowd
	pub    *swarm.Publisher
	out    *outcome
	mail   *mail
	name   string // of the scenario
	fan    int    // readers of a message
}

func (r *unicastRun) closed(d time.Duration) swarm.Plan {
	return &swarm.Closed{
		Count: 1 << 40, Until: swarm.Now() + int64(d), Conns: r.mail.conns,
		Message: func(conn int) swarm.Message { return r.mail.from(conn) },
	}
}

func (r *unicastRun) open(rate float64, d time.Duration) swarm.Plan {
	r.out.add("rate.messages_per_s", "1/s", rate)
	return &swarm.Open{
		Schedule: swarm.Schedule{Start: swarm.Now() + int64(10*time.Millisecond), Rate: rate, Count: max(int(rate*d.Seconds()), 1)},
		Message: func(int) (swarm.Message, int) {
			conn := r.mail.rng.IntN(r.mail.conns)
			return r.mail.from(conn), conn
		},
	}
}

// phase carries out a plan, waits for the last delivery, and reports unless it
// has no name. It returns the rate of messages that were delivered.
func (r *unicastRun) phase(ctx context.Context, name string, plan swarm.Plan, length time.Duration) (float64, error) {
	r.sw.Collect()
	if name != "" {
		defer r.env.profile(ctx, r.server, r.name+"-"+name)()
	}
	m, err := startMeter(r.server)
	if err != nil {
		return 0, err
	}
	if name == "" {
		r.env.bar.enter("warm up", 0)
	} else {
		r.env.bar.enter(name, length)
	}
	m.watch = watchFor(ctx, name, r.sw, r.server)
	defer m.watch.finish(nil)
	before := r.sw.Delivered()
	late := time.Second
	if o, ok := plan.(*swarm.Open); ok {
		late = time.Duration(float64(r.mail.conns) * 1e9 / o.Rate)
	}
	res, err := r.pub.Run(plan, late, length+r.env.Timeout)
	if err != nil {
		return 0, err
	}
	if res.Unanswered() > 0 {
		return 0, fmt.Errorf("%d of %d messages were not accepted: %v", res.Unanswered(), res.Sent, res.Errors)
	}
	if err := waitFor(ctx, r.env.Timeout, func() bool { return r.sw.Delivered()-before >= res.Sent*uint64(r.fan) }); err != nil {
		return 0, err
	}
	if err := m.stop(); err != nil {
		return 0, err
	}
	st := m.watch.finish(r.out)
	rate := float64(st.Delivered) / float64(r.fan) / m.wall.Seconds()
	if name == "" {
		return rate, nil
	}
	r.report(name, m, &st, rate, &res)
	missing := r.sw.Missing(r.mail.users*r.fan, func(user, _ int) uint32 { return r.mail.last[user/r.fan] })
	checkDelivery(r.out, name, res.Sent*uint64(r.fan), &st, missing)
	if res.Dropped > 0 {
		r.out.fail("%s: %d messages could not be sent in time", name, res.Dropped)
	}
	return rate, nil
}

func (r *unicastRun) report(name string, m *meter, st *swarm.Stats, rate float64, res *swarm.PublishResult) {
	n := float64(max(st.Delivered, 1))
	out := r.out
	if r.fan > 1 {
		out.add(name+".messages_taken_per_s", "1/s", rate)
		out.add(name+".cpu_us_per_delivery", "us", micros(m.cpu)/n)
	}
	out.add(name+".delivered_per_s", "1/s", rate*float64(r.fan))
	out.add(name+".cpu_us_per_message", "us", micros(m.cpu)/n*float64(r.fan))
	m.addCores(out, name+".")
	out.add(name+".switches_per_1000_messages", "", 1000*float64(m.switches)/n*float64(r.fan))
	addLatency(out, name+".latency", st.Corrected)
	if name == "rate" {
		addLatency(out, name+".uncorrected", st.Actual)
		out.add(name+".late", "", float64(res.Late))
		out.add(name+".dropped", "", float64(res.Dropped))
	}
	out.add(name+".response_p50", "ms", millis(res.Response.Quantile(0.50)))
	out.add(name+".response_p99", "ms", millis(res.Response.Quantile(0.99)))
}

// mail numbers the messages of each user, or topic. A user's messages leave on one
// connection, so that they have an order to be kept; which user is next is random.
type mail struct {
	users, conns int
	last         []uint32
	rng          *rand.Rand
}

func newMail(users, conns int) *mail {
	return &mail{users: users, conns: conns, last: make([]uint32, users), rng: rand.New(rand.NewPCG(1, 2))}
}

// from makes the next message of a connection.
func (m *mail) from(conn int) swarm.Message {
	user := conn + m.conns*m.rng.IntN((m.users-conn+m.conns-1)/m.conns)
	m.last[user]++
	return swarm.Message{Target: user, Stamp: swarm.Stamp{Seq: m.last[user]}}
}
