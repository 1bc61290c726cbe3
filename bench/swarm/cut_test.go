package swarm

import (
	"fmt"
	"testing"
	"time"
)

// awaitThat waits until ok holds.
func awaitThat(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begun := time.Now(); !ok(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestSwarm_ResumesFromTheLastEventOnlyWhatIsClosed(t *testing.T) {
	stub, addr := startStub(t)
	sw := openSwarm(t, addr, 5, 1)
	stub.send("id: e-7\ndata: " + string(AppendData(nil, Stamp{Seq: 1}, 0)) + "\n\nid: e-8\n\n")
	awaitThat(t, "five deliveries", func() bool { return sw.Delivered() == 5 })
	sw.Collect()
	sw.Cut(1, 3)
	if live := sw.Live(); live != 2 {
		t.Fatalf("%d streams are left of 5 less 3", live)
	}
	asked := map[int]string{}
	res, err := sw.Open(OpenConfig{
		Count: 5, Concurrency: 5, Timeout: 10 * time.Second, Resume: true,
		Request: func(dst []byte, number int, last []byte) []byte {
			asked[number] = string(last)
			return get("/")(dst, number, last)
		},
	})
	if want := map[int]string{1: "e-8", 2: "e-8", 3: "e-8"}; err != nil || res.Opened != 3 || fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Fatalf("opened %d, %v; asked %v, want %v", res.Opened, err, asked, want)
	}
	// What was due before they were back is a replay, and no sample of latency.
	stub.send("data: " + string(AppendData(nil, Stamp{Seq: 2, Intended: 1}, 0)) + "\n\n")
	awaitThat(t, "five more deliveries", func() bool { return sw.Delivered() == 10 })
	st := sw.Collect()
	if st.Delivered != 5 || st.Replayed != 3 || st.Corrected.Count() != 2 || st.Lost() != 0 {
		t.Errorf("delivered %d, replayed %d, lost %d, %d samples", st.Delivered, st.Replayed, st.Lost(), st.Corrected.Count())
	}
}
